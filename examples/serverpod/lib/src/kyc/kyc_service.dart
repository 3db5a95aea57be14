/// Both sides of the KYC service: submit a record, take its verdict.
library;

import 'package:serverpod/serverpod.dart';

import '../generated/protocol.dart';
import 'key_ring.dart';
import 'kyc_client.dart';
import 'kyc_result.dart';
import 'policy.dart';
import 'sealed_result.dart';

/// Submits records to the KYC service, and takes its verdicts.
final class KycService {
  const KycService({required this.client, required this.keys});

  /// Reads the passwords of `config/passwords.yaml`.
  factory KycService.of(Session session) {
    String password(String name) =>
        session.passwords[name] ??
        (throw StateError('Password $name is not set'));
    return KycService(
      client: KycClient(
        baseUrl: Uri.parse(password('kycUrl')),
        serviceToken: password('kycServiceToken'),
      ),
      keys: KeyRing.parse(password('kycEncryptionKeys')),
    );
  }

  final KycClient client;
  final KeyRing keys;

  // #region deliver
  /// Calls the service for a record in review, and remembers that it was
  /// accepted. The outbox repeats a call that failed.
  ///
  /// Returns false if the service cannot take submissions now.
  Future<bool> deliver(Session session, KycVerification record) async {
    final KycVerification(:id, :passportKey, :selfieKey, :stampKey) = record;
    if (id == null || passportKey == null || selfieKey == null) return true;
    try {
      await client.submit(
        userId: record.userId,
        kycId: id,
        passportKey: passportKey,
        selfieKey: selfieKey,
        stampKey: stampKey,
      );
    } on KycNotQueued catch (error) {
      session.log(
        'KYC record $id was not queued. The outbox calls again. $error',
        level: error.isRefused ? LogLevel.error : LogLevel.warning,
      );
      return error.isRefused;
    }
    await KycVerification.db.updateWhere(
      session,
      columnValues: (t) => [t.queuedAt(DateTime.now().toUtc())],
      // A submission that came in the meantime makes its own call.
      where: (t) =>
          t.id.equals(id) & t.inReviewSince.equals(record.inReviewSince),
    );
    return true;
  }
  // #endregion

  // #region handleVerdict
  /// Opens the verdict of a record, decides what comes next, and saves the
  /// decision. Safe to call again, and from two servers at once.
  Future<KycVerification> handleVerdict(
    Session session,
    KycVerification record,
  ) async {
    final KycVerification(:id, :status, :ocrResult) = record;
    final isVerdict =
        status == KycStatus.ocr_complete || status == KycStatus.ocr_failed;
    if (!isVerdict || record.handledAt != null || id == null) return record;

    Decision decision;
    try {
      if (ocrResult == null) throw const FormatException('No result');
      final text = await openResult(bytesOf(ocrResult), id, keys);
      final result = KycResult.parse(text);
      if (!result.isAbout((
        passportKey: record.passportKey,
        selfieKey: record.selfieKey,
        stampKey: record.stampKey,
      ))) {
        throw const FormatException('The result is about other pictures');
      }
      decision = decide(result, submissions: record.submissions);
    } on Exception catch (error) {
      // A key is missing, for example, or the result has a later version.
      session.log('KYC record $id: $error', level: LogLevel.error);
      decision = (step: NextStep.personLooks, message: personLooksMessage);
    }

    final now = DateTime.now().toUtc();
    final updated = await KycVerification.db.updateWhere(
      session,
      columnValues: (t) => [
        t.handledAt(now),
        t.message(decision.message),
        t.step(switch (decision.step) {
          NextStep.approve => KycStep.approved,
          NextStep.newPictures => KycStep.newPictures,
          NextStep.otherDocument => KycStep.otherDocument,
          NextStep.tryLater => KycStep.tryLater,
          NextStep.personLooks => KycStep.personLooks,
        }),
        // A decision sets reviewedAt too.
        if (decision.step == NextStep.approve) ...[
          t.status(KycStatus.approved),
          t.reviewedAt(now),
        ],
      ],
      // Only if the record still has the verdict that was read above.
      where: (t) =>
          t.id.equals(id) &
          t.status.equals(status) &
          t.reviewedAt.equals(record.reviewedAt) &
          t.handledAt.equals(null),
    );
    return updated.firstOrNull ??
        await KycVerification.db.findById(session, id) ??
        record;
  }
  // #endregion
}
