/// The call to the KYC service. Plain Dart: needs no Serverpod.
library;

import 'dart:async';
import 'dart:convert';
import 'dart:io';

import 'package:http/http.dart' as http;

/// Thrown when the service did not take the submission. Sending it again is
/// always safe.
final class KycNotQueued implements Exception {
  const KycNotQueued(this.message, {required this.isRefused});

  final String message;

  /// True: the request or the token is wrong, and an operator must look.
  /// False: the service cannot take submissions now.
  final bool isRefused;

  @override
  String toString() => 'KycNotQueued: $message';
}

/// Calls `POST /api/v1/process`.
final class KycClient {
  KycClient({
    required this.baseUrl,
    required this.serviceToken,
    http.Client? client,
  }) : _client = client ?? _sharedClient;

  static final _sharedClient = http.Client();

  /// The URL of the API Gateway, without a path.
  final Uri baseUrl;

  /// The value of `KYC_SERVICE_SECRET`.
  final String serviceToken;
  final http.Client _client;

  /// Puts a record into the service's queue.
  ///
  /// Throws a [KycNotQueued].
  Future<void> submit({
    required int userId,
    required int kycId,
    required String passportKey,
    required String selfieKey,
    String? stampKey,
  }) async {
    final http.Response response;
    try {
      response = await _client
          .post(
            baseUrl.resolve('/api/v1/process'),
            headers: {
              'X-Service-Token': serviceToken,
              'Content-Type': 'application/json',
            },
            body: jsonEncode({
              'userId': userId,
              'kycId': kycId,
              'passportKey': passportKey,
              'selfieKey': selfieKey,
              if (stampKey != null) 'stampKey': stampKey,
            }),
          )
          // package:http waits for ever. The service answers within 3 s, and
          // a few seconds later when its function starts cold.
          .timeout(const Duration(seconds: 10));
    } on TimeoutException {
      throw const KycNotQueued('no answer within 10 s', isRefused: false);
    } on http.ClientException {
      throw const KycNotQueued('the connection failed', isRefused: false);
    } on IOException {
      throw const KycNotQueued('the connection failed', isRefused: false);
    }
    final status = response.statusCode;
    if (status == 202) return;
    throw KycNotQueued(
      'answered $status: ${response.body}',
      isRefused: status < 500 && status != 429,
    );
  }
}
