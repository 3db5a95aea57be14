/// Opens `"ocrResult"`. Plain Dart: needs no Serverpod.
library;

import 'dart:convert';
import 'dart:typed_data';

import 'package:cryptography/cryptography.dart';

import 'key_ring.dart';

/// Thrown when a result cannot be opened: it is not a sealed result, its key
/// is missing, it belongs to another record, or somebody changed it.
final class SealedResultException implements Exception {
  const SealedResultException(this.message);

  final String message;

  @override
  String toString() => 'SealedResultException: $message';
}

// #region open
/// The bytes of a column. A [ByteData] may be a view into a larger buffer:
/// never take its whole buffer.
Uint8List bytesOf(ByteData data) =>
    data.buffer.asUint8List(data.offsetInBytes, data.lengthInBytes);

/// Opens the result of the record [kycId] and returns its JSON text. The sealed
/// form is: 0x01, key id (1 byte), nonce (12), ciphertext, tag (16).
///
/// Throws a [SealedResultException].
Future<String> openResult(Uint8List sealed, int kycId, KeyRing keys) async {
  if (sealed.length < 30 || sealed[0] != 0x01) {
    throw const SealedResultException('Not a sealed result of format 1');
  }
  final key = keys[sealed[1]];
  if (key == null) {
    throw SealedResultException('Key ${sealed[1]} is missing: add it');
  }
  try {
    final clear = await AesGcm.with256bits().decrypt(
      SecretBox.fromConcatenation(
        sealed.sublist(2),
        nonceLength: 12,
        macLength: 16,
      ),
      secretKey: key,
      // The record's id is part of the seal, so that a result that was moved
      // to another record does not open.
      aad: utf8.encode('kyc_verification:$kycId'),
    );
    return utf8.decode(clear);
  } on SecretBoxAuthenticationError {
    throw SealedResultException(
      'Key ${sealed[1]} does not open this result for record $kycId',
    );
  }
}
// #endregion
