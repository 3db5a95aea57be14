/// The keys that open results. Plain Dart: needs no Serverpod.
library;

import 'dart:convert';

import 'package:cryptography/cryptography.dart';

/// The keys of `KYC_ENCRYPTION_KEYS`, by their id. Several are in use while
/// one key replaces another.
final class KeyRing {
  KeyRing._(this._keys);

  /// Reads `id:base64key[,id:base64key]`.
  ///
  /// Throws a [FormatException] that repeats nothing of [text]: it is secret.
  factory KeyRing.parse(String text) {
    final keys = <int, SecretKey>{};
    for (final (index, entry) in text.split(',').indexed) {
      final [id, base64Key] = switch (entry.trim().split(':')) {
        [final id, final key] => [id, key],
        _ => ['', ''],
      };
      final keyId = int.tryParse(id) ?? -1;
      final bytes = _decode(base64Key);
      if (keyId < 0 || keyId > 255 || bytes.length != 32) {
        throw FormatException(
          'Entry ${index + 1} of the KYC keys is not "id:base64key" '
          'with an id from 0 to 255 and a key of 32 bytes',
        );
      }
      if (keys.containsKey(keyId)) {
        throw FormatException('Two KYC keys have the id $keyId');
      }
      keys[keyId] = SecretKey(bytes);
    }
    return KeyRing._(keys);
  }

  final Map<int, SecretKey> _keys;

  /// The key with this id, or null.
  SecretKey? operator [](int id) => _keys[id];
}

List<int> _decode(String text) {
  try {
    return base64Decode(text);
  } on FormatException {
    return const [];
  }
}
