/// Optional: is notified of verdicts at once, if the KYC service runs with
/// `KYC_NOTIFY=on`.
library;

import 'dart:async';

import 'package:postgres/postgres.dart' as pg;
import 'package:serverpod/serverpod.dart';

import '../generated/protocol.dart';
import 'kyc_service.dart';

// #region listen
/// Listens on its own connection, and opens a new one when it breaks.
Future<void> listenForVerdicts(Serverpod pod) async {
  while (true) {
    try {
      final connection = await _connect(pod);
      // Listening starts here.
      final heard = connection.channels['kyc_verdict'].listen(
        (payload) => unawaited(_handle(pod, int.tryParse(payload))),
      );
      await connection.closed;
      await heard.cancel();
    } on Exception {
      // Until then, the sweep reads the verdicts.
    }
    await Future<void>.delayed(const Duration(seconds: 5));
  }
}

/// The notification only says that there may be a verdict: it may be lost,
/// late or sent by somebody else. The row decides.
Future<void> _handle(Serverpod pod, int? kycId) async {
  if (kycId == null) return;
  final session = await pod.createSession();
  try {
    final record = await KycVerification.db.findById(session, kycId);
    if (record != null) {
      await KycService.of(session).handleVerdict(session, record);
    }
  } on Exception catch (error, stackTrace) {
    session.log(
      'KYC record $kycId: the verdict is left to the sweep',
      level: LogLevel.warning,
      exception: error,
      stackTrace: stackTrace,
    );
  } finally {
    await session.close();
  }
}
// #endregion

Future<pg.Connection> _connect(Serverpod pod) {
  final database = pod.config.database;
  if (database == null) throw StateError('The server has no database');
  return pg.Connection.open(
    pg.Endpoint(
      host: database.host,
      port: database.port,
      database: database.name,
      username: database.user,
      password: database.password,
      isUnixSocket: database.isUnixSocket,
    ),
    settings: pg.ConnectionSettings(
      sslMode: database.requireSsl ? pg.SslMode.require : pg.SslMode.disable,
    ),
  );
}
