/// What a result says. Plain Dart: needs no Serverpod.
///
/// Reads versions 1 and 2. Ignores properties that it does not know. A status
/// that it does not know becomes `unknown`: a person must look.
library;

import 'dart:convert';

/// Who can do something about a reason.
enum ReasonClass {
  /// The person: a better picture, or the right document.
  retake('retake'),

  /// Your staff: a person must look.
  review('review'),

  /// Nobody: another picture of the same document would not help.
  noRetake('final'),

  /// The operator: nothing is wrong with the person's pictures.
  system('system'),
  unknown('');

  const ReasonClass(this.code);

  final String code;

  static ReasonClass parse(String code) =>
      values.firstWhere((value) => value.code == code, orElse: () => unknown);
}

/// How a check ended.
enum CheckState {
  passed('passed'),
  failed('failed'),
  warning('warning'),
  notExecuted('not_executed'),
  unknown('');

  const CheckState(this.code);

  final String code;

  static CheckState parse(String code) =>
      values.firstWhere((value) => value.code == code, orElse: () => unknown);
}

/// How sure a passport field is.
enum EvidenceState {
  /// Version 2: the printed zone and an independently read machine readable
  /// zone agree. Version 1: both zones agree.
  confirmed('confirmed'),

  /// Since version 2: both zones agree, but one reader saw both.
  agreed('agreed'),

  /// A check digit or a calendar rule holds. No second zone says all of it.
  checked('checked'),

  /// Only one zone has the value, and nothing can check it.
  singleSource('single_source'),

  /// The zones disagree, or a check digit contradicts the value.
  conflict('conflict'),

  /// Nothing was read.
  missing('missing'),
  unknown('');

  const EvidenceState(this.code);

  final String code;

  static EvidenceState parse(String code) =>
      values.firstWhere((value) => value.code == code, orElse: () => unknown);
}

/// Why a check did not pass.
final class KycReason {
  const KycReason(this.code, this.reasonClass, this.personMessage);

  /// A code of docs/reasons.md. More codes may be added.
  final String code;
  final ReasonClass reasonClass;

  /// What to tell the person.
  final String personMessage;
}

final class KycCheck {
  const KycCheck(this.name, this.state, this.reasons);

  final String name;
  final CheckState state;
  final List<KycReason> reasons;
}

final class PassportField {
  const PassportField(this.value, this.state);

  final String? value;
  final EvidenceState state;
}

/// The content of `"ocrResult"`.
sealed class KycResult {
  const KycResult(this.version, this.submission);

  /// Reads the text that `openResult` returns.
  ///
  /// Throws a [FormatException] if the version is unknown, or if a property
  /// that this reader needs is missing.
  factory KycResult.parse(String text) {
    final json = jsonDecode(text);
    return switch (json) {
      {
        'version': final int version,
        'status': 'ocr_complete',
        'passport': {'fields': final Map<String, dynamic> fields},
        'stamp': final Object? stamp,
        'checks': final List<dynamic> checks,
      }
          when _versions.contains(version) =>
        KycComplete(
          version,
          _submission(json),
          fields: fields.map((name, field) => MapEntry(name, _field(field))),
          checks: checks.map(_check).toList(),
          hasStamp: stamp != null,
        ),
      {
        'version': final int version,
        'status': 'ocr_failed',
        'failureCode': final String code,
        'class': final String reasonClass,
        'image': final String? image,
        'personMessage': final String personMessage,
      }
          when _versions.contains(version) =>
        KycFailure(
          version,
          _submission(json),
          reason: KycReason(
            code,
            ReasonClass.parse(reasonClass),
            personMessage,
          ),
          image: image,
        ),
      _ => throw const FormatException('Not a result of version 1 or 2'),
    };
  }

  static const _versions = {1, 2};

  final int version;

  /// The pictures that this result is about. Null in version 1, and if the
  /// watchdog failed the record.
  final PictureKeys? submission;

  /// False if the result is about other pictures than [pictures].
  bool isAbout(PictureKeys pictures) =>
      submission == null || submission == pictures;
}

/// The object keys of a submission.
typedef PictureKeys = ({
  String? passportKey,
  String? selfieKey,
  String? stampKey,
});

/// The passport was read and the faces match. Not yet "approved".
final class KycComplete extends KycResult {
  const KycComplete(
    super.version,
    super.submission, {
    required this.fields,
    required this.checks,
    required this.hasStamp,
  });

  /// By name: `surname`, `givenNames`, `documentNumber`, `birthDate`...
  final Map<String, PassportField> fields;
  final List<KycCheck> checks;

  /// Whether the submission had a stamp page.
  final bool hasStamp;
}

/// The verification ended without a result.
final class KycFailure extends KycResult {
  const KycFailure(
    super.version,
    super.submission, {
    required this.reason,
    required this.image,
  });

  /// Its code is the `failureCode`.
  final KycReason reason;

  /// `passport`, `selfie` or `stamp`; null if it is about no picture.
  final String? image;
}

PictureKeys? _submission(Object? json) => switch (json) {
  {
    'submission': {
      'passportKey': final String passportKey,
      'selfieKey': final String selfieKey,
      'stampKey': final String? stampKey,
    },
  } =>
    (passportKey: passportKey, selfieKey: selfieKey, stampKey: stampKey),
  _ => null,
};

PassportField _field(Object? json) => switch (json) {
  {'value': final String? value, 'state': final String state} => PassportField(
    value,
    EvidenceState.parse(state),
  ),
  _ => throw const FormatException('Not a passport field'),
};

KycCheck _check(Object? json) => switch (json) {
  {
    'name': final String name,
    'state': final String state,
    'reasons': final List<dynamic> reasons,
  } =>
    KycCheck(name, CheckState.parse(state), reasons.map(_reason).toList()),
  _ => throw const FormatException('Not a check'),
};

KycReason _reason(Object? json) => switch (json) {
  {
    'code': final String code,
    'class': final String reasonClass,
    'personMessage': final String personMessage,
  } =>
    KycReason(code, ReasonClass.parse(reasonClass), personMessage),
  _ => throw const FormatException('Not a reason'),
};
