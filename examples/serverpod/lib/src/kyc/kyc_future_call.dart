/// The outbox: repeats calls that failed, and reads verdicts that nobody saw.
library;

import 'package:serverpod/serverpod.dart';

import '../generated/future_calls.dart';
import '../generated/protocol.dart';
import 'kyc_service.dart';

const _identifier = 'kyc-sweep';
const _interval = Duration(seconds: 30);

/// Schedules the next sweep. It replaces one that is already scheduled.
Future<void> scheduleKycSweep(Serverpod pod) async {
  await pod.futureCalls.cancel(_identifier);
  await pod.futureCalls
      .callWithDelay(_interval, identifier: _identifier)
      .kyc
      .sweep();
}

class KycFutureCall extends FutureCall {
  // #region sweep
  Future<void> sweep(Session session) async {
    // First, so that a crash below does not end the sweeps.
    await scheduleKycSweep(session.serverpod);
    final service = KycService.of(session);

    // Records in review whose call was not accepted.
    final calls = await KycVerification.db.find(
      session,
      where: (t) =>
          t.status.equals(KycStatus.in_review) & t.queuedAt.equals(null),
      orderBy: (t) => t.inReviewSince,
      limit: 100,
    );
    for (final record in calls) {
      // Each call may wait for 10 s: do not wait for a service that is down.
      if (!await service.deliver(session, record)) break;
    }

    // Verdicts of people who closed the app.
    final verdicts = await KycVerification.db.find(
      session,
      where: (t) =>
          t.status.inSet({KycStatus.ocr_complete, KycStatus.ocr_failed}) &
          t.handledAt.equals(null),
      orderBy: (t) => t.reviewedAt,
      limit: 100,
    );
    for (final record in verdicts) {
      await service.handleVerdict(session, record);
    }
  }
  // #endregion
}
