import 'dart:async';
import 'dart:convert';
import 'dart:io';
import 'dart:typed_data';

import 'package:auth_center_server/src/generated/protocol.dart';
import 'package:auth_center_server/src/kyc/garage_storage.dart';
import 'package:auth_center_server/src/kyc/kyc_future_call.dart';
import 'package:cryptography/cryptography.dart';
import 'package:serverpod/serverpod.dart';
import 'package:test/test.dart';

import 'test_tools/serverpod_test_tools.dart';

void main() {
  withServerpod('Given a signed-in person', (sessionBuilder, endpoints) {
    final person = sessionBuilder.copyWith(
      authentication: AuthenticationOverride.authenticationInfo('7', {}),
    );
    late Session session;
    late HttpServer kycService;
    late int answer;
    final bodies = <Map<String, dynamic>>[];

    setUp(() async {
      session = sessionBuilder.build();
      session.serverpod.addCloudStorage(_FullBucket());
      answer = 202;
      bodies.clear();
      final url = Uri.parse(session.passwords['kycUrl'] ?? '');
      kycService = await HttpServer.bind(url.host, url.port);
      kycService.listen((request) async {
        final body = await utf8.decodeStream(request);
        bodies.add(jsonDecode(body) as Map<String, dynamic>);
        request.response.statusCode = answer;
        await request.response.close();
      });
    });
    tearDown(() => kycService.close(force: true));

    Future<KycState> submit() async {
      final KycState(:kycId) = await endpoints.kyc.start(person);
      return endpoints.kyc.submit(
        person,
        kycId,
        'kyc/$kycId/passport-1',
        'kyc/$kycId/selfie-1',
      );
    }

    /// Writes a verdict as the KYC service does.
    Future<void> writeVerdict(int kycId, Map<String, dynamic> result) async {
      final status = KycStatus.values.byName(result['status'] as String);
      final sealed = await _seal(jsonEncode(result), kycId);
      await KycVerification.db.updateWhere(
        session,
        columnValues: (t) => [
          t.status(status),
          t.ocrResult(sealed),
          t.reviewedAt(DateTime.now().toUtc()),
        ],
        where: (t) => t.id.equals(kycId),
      );
    }

    // #region test
    test('a face mismatch asks for new pictures', () async {
      final submitted = await submit();
      expect(submitted.step, KycStep.wait);
      expect(bodies.single['kycId'], submitted.kycId);

      final states = StreamIterator(
        endpoints.kyc.watch(person, submitted.kycId),
      );
      expect(await states.moveNext(), isTrue);
      expect(states.current.step, KycStep.wait);

      await writeVerdict(submitted.kycId, {
        'version': 2,
        'status': 'ocr_failed',
        'failureCode': 'face_mismatch',
        'class': 'retake',
        'image': 'selfie',
        'personMessage': 'Take a new selfie.',
      });
      expect(await states.moveNext(), isTrue);
      expect(states.current.step, KycStep.newPictures);
      expect(states.current.message, 'Take a new selfie.');
      expect(await states.moveNext(), isFalse);
    });
    // #endregion

    test('a call that fails is left to the outbox', () async {
      answer = 503;
      final submitted = await submit();
      expect(submitted.step, KycStep.wait);
      final record = await KycVerification.db.findById(
        session,
        submitted.kycId,
      );
      expect(record?.status, KycStatus.in_review);
      expect(record?.queuedAt, isNull);

      answer = 202;
      await KycFutureCall().sweep(session);
      expect(bodies, hasLength(2));
      expect(bodies.last, bodies.first);
      await KycFutureCall().sweep(session);
      expect(bodies, hasLength(2));
    });

    test('the outbox reads the verdicts of people who left', () async {
      final KycState(:kycId) = await submit();
      await writeVerdict(kycId, {
        'version': 1,
        'status': 'ocr_failed',
        'failureCode': 'processing_timeout',
        'class': 'system',
        'image': null,
        'personMessage': 'Please try again later.',
      });
      await KycFutureCall().sweep(session);
      final record = await KycVerification.db.findById(session, kycId);
      expect(record?.step, KycStep.tryLater);
      expect(record?.handledAt, isNotNull);
    });

    test('a second submission has to wait for the verdict', () async {
      await submit();
      await expectLater(submit(), throwsA(isA<KycNotPossible>()));
      expect(bodies, hasLength(1));
    });

    test('a result that does not open goes to a person', () async {
      final KycState(:kycId) = await submit();
      await KycVerification.db.updateWhere(
        session,
        columnValues: (t) => [
          t.status(KycStatus.ocr_complete),
          t.ocrResult(ByteData(40)),
          t.reviewedAt(DateTime.now().toUtc()),
        ],
        where: (t) => t.id.equals(kycId),
      );
      final state = await endpoints.kyc.state(person, kycId);
      expect(state.step, KycStep.personLooks);
    });

    test("another person's record does not exist", () async {
      final KycState(:kycId) = await submit();
      final other = sessionBuilder.copyWith(
        authentication: AuthenticationOverride.authenticationInfo('8', {}),
      );
      await expectLater(
        endpoints.kyc.state(other, kycId),
        throwsA(isA<KycNotPossible>()),
      );
    });

    test('a decision stands against one who saw an older record', () async {
      final KycState(:kycId) = await submit();
      final admin = sessionBuilder.copyWith(
        authentication: AuthenticationOverride.authenticationInfo('1', {
          Scope.admin,
        }),
      );
      Future<bool> decide(bool isApproved) => endpoints.kycReview.decide(
        admin,
        kycId,
        seenStatus: KycStatus.in_review,
        seenSubmissions: 1,
        isApproved: isApproved,
        message: 'Decided.',
      );
      expect(await decide(true), isTrue);
      expect(await decide(false), isFalse);
      final state = await endpoints.kyc.state(person, kycId);
      expect(state.step, KycStep.approved);

      Future<bool> reopen() =>
          endpoints.kycReview.reopen(admin, kycId, seenSubmissions: 1);
      expect(await reopen(), isTrue);
      expect(await reopen(), isFalse);
      await KycFutureCall().sweep(session);
      expect(bodies, hasLength(2));
    });
  });
}

/// The key of `test:` in config/passwords.example.yaml.
final _key = base64Decode('UnIRWg+GHN78/pDZTP5PubasTwTr/irzbMfrx601aPc=');

Future<ByteData> _seal(String text, int kycId) async {
  final box = await AesGcm.with256bits().encrypt(
    utf8.encode(text),
    secretKey: SecretKey(_key),
    aad: utf8.encode('kyc_verification:$kycId'),
  );
  return ByteData.sublistView(
    Uint8List.fromList([0x01, 1, ...box.concatenation()]),
  );
}

/// A bucket in which every object exists.
class _FullBucket extends CloudStorage {
  _FullBucket() : super(kycStorage);

  @override
  Future<bool> verifyDirectFileUpload({
    required Session session,
    required String path,
  }) async => true;

  @override
  dynamic noSuchMethod(Invocation invocation) => throw UnimplementedError();
}
