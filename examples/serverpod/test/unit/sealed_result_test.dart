import 'dart:convert';
import 'dart:io';
import 'dart:typed_data';

import 'package:auth_center_server/src/kyc/key_ring.dart';
import 'package:auth_center_server/src/kyc/sealed_result.dart';
import 'package:test/test.dart';

/// The KYC service seals these in its own tests: see docs/test-vectors.json.
final _vectors =
    (jsonDecode(File('../../docs/test-vectors.json').readAsStringSync())
            as Map<String, dynamic>)['vectors']
        as List<dynamic>;

Uint8List _hex(String text) => Uint8List.fromList([
  for (var i = 0; i < text.length; i += 2)
    int.parse(text.substring(i, i + 2), radix: 16),
]);

void main() {
  test('there are vectors', () => expect(_vectors.length, greaterThan(5)));

  for (final vector in _vectors) {
    final {
      'name': String name,
      'keyId': int keyId,
      'key': String key,
      'kycId': int kycId,
      'plaintext': String plaintext,
      'sealed': String sealed,
    } = vector as Map<String, dynamic>;
    final keys = KeyRing.parse('$keyId:$key');

    test('opens $name', () async {
      expect(await openResult(_hex(sealed), kycId, keys), plaintext);
    });

    test('opens $name in a view of a larger buffer', () async {
      final larger = Uint8List.fromList([9, 9, ..._hex(sealed), 9]);
      final view = ByteData.sublistView(larger, 2, larger.length - 1);
      expect(await openResult(bytesOf(view), kycId, keys), plaintext);
    });

    test('does not open $name for another record', () async {
      await expectLater(
        openResult(_hex(sealed), kycId - 1, keys),
        throwsA(isA<SealedResultException>()),
      );
    });

    test('does not open $name with a changed byte', () async {
      for (final index in [0, 1, 2, 14, sealed.length ~/ 2 - 1]) {
        final bytes = _hex(sealed);
        bytes[index] ^= 1;
        await expectLater(
          openResult(bytes, kycId, keys),
          throwsA(isA<SealedResultException>()),
        );
      }
    });
  }

  test('what is too short is not a result', () async {
    final keys = KeyRing.parse('1:${base64Encode(List.filled(32, 7))}');
    for (final length in [0, 1, 29]) {
      await expectLater(
        openResult(Uint8List(length), 1, keys),
        throwsA(isA<SealedResultException>()),
      );
    }
  });

  test('a key ring holds several keys', () {
    final one = base64Encode(List.filled(32, 1));
    final two = base64Encode(List.filled(32, 2));
    final keys = KeyRing.parse(' 1:$one , 255:$two');
    expect(keys[1], isNotNull);
    expect(keys[255], isNotNull);
    expect(keys[2], isNull);
  });

  test('a bad key ring is refused, and its text is not repeated', () {
    final good = base64Encode(List.filled(32, 1));
    for (final bad in [
      '',
      'secret',
      '1:secret',
      '256:$good',
      '-1:$good',
      '1:$good,',
      '1:$good,1:$good',
      '1:${base64Encode(List.filled(16, 1))}',
    ]) {
      expect(
        () => KeyRing.parse(bad),
        throwsA(
          isA<FormatException>().having(
            (error) => '$error',
            'text',
            isNot(contains('secret')),
          ),
        ),
      );
    }
  });
}
