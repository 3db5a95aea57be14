/// What your staff calls.
library;

import 'package:serverpod/serverpod.dart';

import '../generated/protocol.dart';

class KycReviewEndpoint extends Endpoint {
  @override
  Set<Scope> get requiredScopes => {Scope.admin};

  // #region decide
  /// A person approves or rejects. False: the record has changed since the
  /// person saw it, so look at it again.
  Future<bool> decide(
    Session session,
    int kycId, {
    required KycStatus seenStatus,
    required int seenSubmissions,
    required bool isApproved,
    required String message,
  }) async {
    final updated = await KycVerification.db.updateWhere(
      session,
      columnValues: (t) => [
        t.status(isApproved ? KycStatus.approved : KycStatus.rejected),
        t.step(isApproved ? KycStep.approved : KycStep.rejected),
        t.message(message),
        // A job that still runs compares reviewedAt, and then writes nothing.
        t.reviewedAt(DateTime.now().toUtc()),
      ],
      where: (t) =>
          t.id.equals(kycId) &
          t.status.equals(seenStatus) &
          t.submissions.equals(seenSubmissions),
    );
    return updated.isNotEmpty;
  }

  /// Lets the machine verify the same pictures again. The outbox makes the
  /// call. Leave reviewedAt as it is.
  Future<bool> reopen(
    Session session,
    int kycId, {
    required int seenSubmissions,
  }) async {
    final updated = await KycVerification.db.updateWhere(
      session,
      columnValues: (t) => [
        t.status(KycStatus.in_review),
        t.inReviewSince(DateTime.now().toUtc()),
        t.queuedAt(null),
        t.handledAt(null),
        t.submissions(seenSubmissions + 1),
        t.step(KycStep.wait),
        t.message(null),
      ],
      where: (t) =>
          t.id.equals(kycId) & t.submissions.equals(seenSubmissions),
    );
    return updated.isNotEmpty;
  }
  // #endregion
}
