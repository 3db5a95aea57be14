/// What to do with a result. Plain Dart: needs no Serverpod.
///
/// The machine approves, and it asks for new pictures. It never rejects: only
/// a person does. If the machine does not understand a result, a person looks.
library;

import 'kyc_result.dart';

/// What comes next.
enum NextStep {
  /// Nobody has to look any more.
  approve,

  /// The person takes the pictures again.
  newPictures,

  /// The person uses another document, or comes back later.
  otherDocument,

  /// The service failed: the person submits the same pictures again.
  tryLater,

  /// Your staff decides.
  personLooks,
}

/// The next step, and what to tell the person.
typedef Decision = ({NextStep step, String message});

// #region required
/// The checks that must have passed before the machine approves.
const required = {
  'image_quality',
  'document_type',
  'mrz_check_digits',
  'printed_zone_against_mrz',
  'dates',
  'age',
  'face_match',
};

/// The same, since version 2 of the result. With `MRZ_READER=off` there is no
/// second reader, and a person looks at every result.
const requiredSinceVersion2 = {'second_reader'};

/// After this many submissions, a person looks and no new ones are asked for.
const maxSubmissions = 3;
// #endregion

const approvedMessage = 'Thank you. Your identity is verified.';
const personLooksMessage =
    'Thank you. A person will look at your documents. '
    'You do not have to do anything now.';

/// Decides what comes next. [submissions] counts this record's submissions,
/// this one included.
Decision decide(KycResult result, {required int submissions}) {
  final decision = switch (result) {
    KycFailure(:final reason) => _decideFailure(reason),
    KycComplete() => _decideComplete(result),
  };
  final asksAgain = decision.step == NextStep.newPictures;
  return asksAgain && submissions >= maxSubmissions ? _personLooks : decision;
}

/// Whether something is left that a person has to look at.
bool needsHuman(KycComplete result) =>
    _open(result).isNotEmpty || _hasUnusableField(result);

const _doubtful = {
  CheckState.failed,
  CheckState.warning,
  CheckState.unknown,
};
const _unusable = {EvidenceState.conflict, EvidenceState.unknown};
const Decision _personLooks = (
  step: NextStep.personLooks,
  message: personLooksMessage,
);

/// The checks that prevent an approval: every doubtful one, and every required
/// one that has not passed.
List<KycCheck> _open(KycComplete result) {
  final wanted = {
    ...required,
    if (result.version >= 2) ...requiredSinceVersion2,
    if (result.hasStamp) 'stamp',
  };
  final present = {for (final check in result.checks) check.name};
  return [
    for (final check in result.checks)
      if (_doubtful.contains(check.state) ||
          (check.state != CheckState.passed && wanted.contains(check.name)))
        check,
    for (final name in wanted.difference(present))
      KycCheck(name, CheckState.notExecuted, const []),
  ];
}

bool _hasUnusableField(KycComplete result) =>
    result.fields.values.any((field) => _unusable.contains(field.state));

Decision _decideFailure(KycReason reason) => switch (reason.reasonClass) {
  ReasonClass.retake => (
    step: NextStep.newPictures,
    message: reason.personMessage,
  ),
  ReasonClass.noRetake => (
    step: NextStep.otherDocument,
    message: reason.personMessage,
  ),
  ReasonClass.system => (
    step: NextStep.tryLater,
    message: reason.personMessage,
  ),
  ReasonClass.review || ReasonClass.unknown => _personLooks,
};

Decision _decideComplete(KycComplete result) {
  if (!needsHuman(result)) {
    return (step: NextStep.approve, message: approvedMessage);
  }
  final open = _open(result);
  final reasons = [for (final check in open) ...check.reasons];

  // An expired passport, for example: no picture of it would help.
  final refusal = [
    for (final check in open)
      if (check.state == CheckState.failed) ...check.reasons,
  ].where((reason) => reason.reasonClass == ReasonClass.noRetake).firstOrNull;
  if (refusal != null) {
    return (step: NextStep.otherDocument, message: refusal.personMessage);
  }

  // New pictures, if they can solve everything that is wrong.
  final solvesAll =
      !_hasUnusableField(result) &&
      open.every((check) => check.reasons.isNotEmpty) &&
      reasons.every((reason) => reason.reasonClass == ReasonClass.retake);
  if (!solvesAll) return _personLooks;
  return (step: NextStep.newPictures, message: reasons.first.personMessage);
}
