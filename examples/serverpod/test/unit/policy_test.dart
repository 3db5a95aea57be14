import 'dart:convert';
import 'dart:io';

import 'package:auth_center_server/src/kyc/kyc_result.dart';
import 'package:auth_center_server/src/kyc/policy.dart';
import 'package:test/test.dart';

/// Results that the KYC service made from a drawn passport.
final _samples =
    jsonDecode(File('../../docs/sample-results.json').readAsStringSync())
        as Map<String, dynamic>;

Map<String, dynamic> _check(
  String name, [
  String state = 'passed',
  List<Map<String, dynamic>> reasons = const [],
]) => {'name': name, 'state': state, 'reasons': reasons};

Map<String, dynamic> _reason(String reasonClass, String message) => {
  'code': 'some_code',
  'class': reasonClass,
  'personMessage': message,
};

/// A result that passes, except for [checks] and [state].
KycResult _complete({
  int version = 2,
  List<Map<String, dynamic>> checks = const [],
  String state = 'confirmed',
  Object? stamp,
}) {
  final changed = {for (final check in checks) check['name']};
  return KycResult.parse(
    jsonEncode({
      'version': version,
      'status': 'ocr_complete',
      'passport': {
        'fields': {
          'surname': {'value': 'ERIKSSON', 'state': state, 'new': 1},
        },
      },
      'stamp': stamp,
      'checks': [
        for (final name in [
          ...required,
          if (version >= 2) ...requiredSinceVersion2,
        ])
          if (!changed.contains(name)) _check(name),
        _check('liveness', 'not_executed'),
        ...checks,
      ],
      'somethingNew': true,
    }),
  );
}

KycResult _failed(String reasonClass) => KycResult.parse(
  jsonEncode({
    'version': 1,
    'status': 'ocr_failed',
    'failureCode': 'some_code',
    'class': reasonClass,
    'image': null,
    'personMessage': 'Do this.',
  }),
);

NextStep _step(KycResult result, {int submissions = 1}) =>
    decide(result, submissions: submissions).step;

void main() {
  test('reads the samples', () {
    final complete = KycResult.parse(jsonEncode(_samples['complete']));
    expect(complete, isA<KycComplete>());
    complete as KycComplete;
    expect(complete.fields['surname']?.value, isNotEmpty);
    expect(
      complete.fields.values.map((field) => field.state),
      isNot(contains(EvidenceState.unknown)),
    );
    expect(complete.checks.map((check) => check.name), containsAll(required));

    final failed = KycResult.parse(jsonEncode(_samples['failed']));
    expect(failed, isA<KycFailure>());
    failed as KycFailure;
    expect(failed.reason.code, 'face_mismatch');
    expect(failed.image, 'selfie');
    expect(_step(failed), NextStep.newPictures);
  });

  test('an unknown version or a missing property is no result', () {
    for (final text in ['{}', '[]', 'null', '1', '{"version":1}']) {
      expect(() => KycResult.parse(text), throwsFormatException);
    }
    final future = {..._samples['failed'] as Map, 'version': 3};
    expect(() => KycResult.parse(jsonEncode(future)), throwsFormatException);
  });

  test('knows which pictures a result is about', () {
    const mine = (passportKey: 'p', selfieKey: 's', stampKey: null);
    const others = (passportKey: 'p', selfieKey: 'other', stampKey: null);
    final named = KycResult.parse(
      jsonEncode({
        ..._samples['failed'] as Map,
        'submission': {
          'id': '1',
          'passportKey': 'p',
          'selfieKey': 's',
          'stampKey': null,
        },
      }),
    );
    expect(named.isAbout(mine), isTrue);
    expect(named.isAbout(others), isFalse);
    expect(_failed('system').isAbout(others), isTrue);
  });

  test('approves only what passed in every required check', () {
    expect(_step(_complete()), NextStep.approve);
    expect(_step(_complete(version: 1)), NextStep.approve);
    for (final name in [...required, ...requiredSinceVersion2]) {
      for (final state in ['failed', 'warning', 'not_executed', 'new_state']) {
        final result = _complete(checks: [_check(name, state)]);
        expect(_step(result), NextStep.personLooks, reason: '$name $state');
      }
    }
  });

  test('a warning of a check that nobody requires asks for a person', () {
    expect(
      _step(_complete(checks: [_check('new_check', 'warning')])),
      NextStep.personLooks,
    );
    expect(_step(_complete(checks: [_check('new_check')])), NextStep.approve);
  });

  test('a stamp page has to pass, where there is one', () {
    expect(_step(_complete(stamp: {})), NextStep.personLooks);
    final passed = _complete(stamp: {}, checks: [_check('stamp')]);
    expect(_step(passed), NextStep.approve);
  });

  test('a conflict or an unknown evidence state asks for a person', () {
    for (final state in ['conflict', 'new_state']) {
      expect(_step(_complete(state: state)), NextStep.personLooks);
    }
    for (final state in ['agreed', 'checked', 'single_source', 'missing']) {
      expect(_step(_complete(state: state)), NextStep.approve);
    }
  });

  test('asks for new pictures where they can solve all', () {
    final blurred = _check('image_quality', 'warning', [
      _reason('retake', 'Hold still.'),
    ]);
    expect(decide(_complete(checks: [blurred]), submissions: 1), (
      step: NextStep.newPictures,
      message: 'Hold still.',
    ));
    expect(
      _step(_complete(checks: [blurred]), submissions: maxSubmissions),
      NextStep.personLooks,
    );
    final other = _check('dates', 'warning', [_reason('review', 'Wait.')]);
    expect(_step(_complete(checks: [blurred, other])), NextStep.personLooks);
    expect(
      _step(_complete(checks: [blurred], state: 'conflict')),
      NextStep.personLooks,
    );
  });

  test('an expired passport asks for another document', () {
    final expired = _check('dates', 'failed', [_reason('final', 'Expired.')]);
    expect(decide(_complete(checks: [expired]), submissions: 9), (
      step: NextStep.otherDocument,
      message: 'Expired.',
    ));
    final doubtful = _check('dates', 'warning', [_reason('final', 'Maybe.')]);
    expect(_step(_complete(checks: [doubtful])), NextStep.personLooks);
  });

  test('a failure goes to who can do something about it', () {
    expect(_step(_failed('retake')), NextStep.newPictures);
    expect(_step(_failed('final')), NextStep.otherDocument);
    expect(_step(_failed('system')), NextStep.tryLater);
    expect(_step(_failed('review')), NextStep.personLooks);
    expect(_step(_failed('new_class')), NextStep.personLooks);
    expect(
      _step(_failed('retake'), submissions: maxSubmissions),
      NextStep.personLooks,
    );
  });
}
