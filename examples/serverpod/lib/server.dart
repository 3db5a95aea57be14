import 'package:serverpod/serverpod.dart';

import 'src/generated/endpoints.dart';
import 'src/generated/protocol.dart';
import 'src/kyc/garage_storage.dart';
import 'src/kyc/kyc_future_call.dart';

/// The starting point of the Serverpod server.
void run(List<String> args) async {
  // Give your authentication here too.
  final pod = Serverpod(args, Protocol(), Endpoints());

  // #region start
  pod.addCloudStorage(createKycStorage(pod));
  await pod.start();
  await scheduleKycSweep(pod);
  // Only with KYC_NOTIFY=on: unawaited(listenForVerdicts(pod));
  // #endregion
}
