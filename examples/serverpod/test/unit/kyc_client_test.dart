import 'dart:convert';
import 'dart:io';

import 'package:auth_center_server/src/kyc/kyc_client.dart';
import 'package:test/test.dart';

void main() {
  late HttpServer service;
  late KycClient client;
  var status = 202;
  Map<String, dynamic>? body;
  String? token;

  setUp(() async {
    status = 202;
    service = await HttpServer.bind(InternetAddress.loopbackIPv4, 0);
    service.listen((request) async {
      final text = await utf8.decodeStream(request);
      body = jsonDecode(text) as Map<String, dynamic>;
      token = request.headers.value('X-Service-Token');
      request.response.statusCode = status;
      request.response.write('{}');
      await request.response.close();
    });
    client = KycClient(
      baseUrl: Uri.parse('http://localhost:${service.port}'),
      serviceToken: 'token',
    );
  });

  tearDown(() => service.close(force: true));

  Future<void> submit({String? stampKey}) => client.submit(
    userId: 1,
    kycId: 9007199254740991,
    passportKey: 'kyc/1/passport',
    selfieKey: 'kyc/1/selfie',
    stampKey: stampKey,
  );

  test('sends what the service wants', () async {
    await submit();
    expect(token, 'token');
    expect(body, {
      'userId': 1,
      'kycId': 9007199254740991,
      'passportKey': 'kyc/1/passport',
      'selfieKey': 'kyc/1/selfie',
    });
    await submit(stampKey: 'kyc/1/stamp');
    expect(body?['stampKey'], 'kyc/1/stamp');
  });

  Matcher notQueued({required bool isRefused}) => throwsA(
    isA<KycNotQueued>().having(
      (error) => error.isRefused,
      'isRefused',
      isRefused,
    ),
  );

  test('tells a refusal from trouble that passes', () async {
    for (final refusal in [400, 401, 413]) {
      status = refusal;
      await expectLater(submit(), notQueued(isRefused: true));
    }
    for (final trouble in [429, 500, 502, 503]) {
      status = trouble;
      await expectLater(submit(), notQueued(isRefused: false));
    }
  });

  test('a service that is not there is trouble that passes', () async {
    await service.close(force: true);
    await expectLater(submit(), notQueued(isRefused: false));
  });
}
