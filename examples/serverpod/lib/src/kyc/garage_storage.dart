/// The bucket in Garage that this server and the KYC service share.
library;

import 'dart:convert';

import 'package:serverpod/serverpod.dart';
import 'package:serverpod_cloud_storage_s3_compat/serverpod_cloud_storage_s3_compat.dart';

// #region storage
/// The id of the storage, for `session.storage`.
const kycStorage = 'kyc';

/// The largest picture that the app may upload. The KYC service takes up to
/// `MAX_IMAGE_BYTES`, 25 MB by default.
const maxPictureBytes = 10 * 1024 * 1024;

/// The storage for `pod.addCloudStorage`.
S3CompatCloudStorage createKycStorage(Serverpod pod) {
  String password(String name) =>
      pod.getPassword(name) ?? (throw StateError('Password $name is not set'));
  return S3CompatCloudStorage(
    storageId: kycStorage,
    accessKey: password('kycS3AccessKey'),
    secretKey: password('kycS3SecretKey'),
    bucket: password('kycS3Bucket'),
    region: password('kycS3Region'),
    public: false,
    endpoints: CustomEndpointConfig(
      // The app uploads here: an address that phones can reach.
      baseUri: Uri.parse(password('kycS3Endpoint')),
      serviceName: 'Garage',
    ),
    uploadStrategy: GarageUploadStrategy(),
  );
}
// #endregion

/// Uploads by a form with a signed policy, so that Garage itself enforces the
/// size limit.
///
/// The policy of [MultipartPostUploadStrategy] has a condition on `bucket`.
/// AWS knows the bucket from the URL. Garage (1.2 and 2.0) wants it as a field
/// of the form too. Without it, Garage answers 400 "Key 'bucket' is required
/// in policy".
class GarageUploadStrategy extends MultipartPostUploadStrategy {
  @override
  Future<String?> createDirectUploadDescription({
    required String accessKey,
    required String secretKey,
    required String bucket,
    required String region,
    required String path,
    required Duration expiration,
    required int maxFileSize,
    required bool public,
    required S3EndpointConfig endpoints,
    int? contentLength,
    bool preventOverwrite = false,
  }) async {
    final description = await super.createDirectUploadDescription(
      accessKey: accessKey,
      secretKey: secretKey,
      bucket: bucket,
      region: region,
      path: path,
      expiration: expiration,
      maxFileSize: maxFileSize,
      public: public,
      endpoints: endpoints,
      contentLength: contentLength,
      preventOverwrite: preventOverwrite,
    );
    if (description == null) return null;
    final json = jsonDecode(description) as Map<String, dynamic>;
    final fields = json['request-fields'] as Map<String, dynamic>;
    return jsonEncode({
      ...json,
      'request-fields': {...fields, 'bucket': bucket},
    });
  }
}
