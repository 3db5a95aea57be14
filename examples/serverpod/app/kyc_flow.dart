/// In the Flutter app: upload, submit, watch. Shown in the guide.
library;

import 'dart:typed_data';

import 'package:auth_center_client/auth_center_client.dart';

// #region app
/// Uploads both pictures, submits them, and yields each later state.
///
/// The pictures must be JPEG, PNG or WebP: convert an iPhone's HEIC first.
Stream<KycState> verify(
  Client client, {
  required ByteData passport,
  required ByteData selfie,
}) async* {
  final KycState(:kycId) = await client.kyc.start();
  final passportKey = await _upload(
    client,
    kycId,
    KycPicture.passport,
    passport,
  );
  final selfieKey = await _upload(client, kycId, KycPicture.selfie, selfie);
  yield await client.kyc.submit(kycId, passportKey, selfieKey);
  yield* client.kyc.watch(kycId);
}

Future<String> _upload(
  Client client,
  int kycId,
  KycPicture picture,
  ByteData data,
) async {
  final KycUpload(:key, :description) = await client.kyc.upload(
    kycId,
    picture,
  );
  final isUploaded = await FileUploader(description).uploadByteData(data);
  if (!isUploaded) throw KycNotPossible(message: 'Please try again.');
  return key;
}
// #endregion
