/// What the app calls.
library;

import 'package:serverpod/serverpod.dart';

import '../generated/protocol.dart';
import 'garage_storage.dart';
import 'kyc_service.dart';

class KycEndpoint extends Endpoint {
  @override
  bool get requireLogin => true;

  /// The person's verification. The first call creates it.
  Future<KycState> start(Session session) async {
    final userId = _userId(session);
    final record =
        await KycVerification.db.findFirstRow(
          session,
          where: (t) => t.userId.equals(userId),
          orderBy: (t) => t.id,
          orderDescending: true,
        ) ??
        await KycVerification.db.insertRow(
          session,
          KycVerification(userId: userId),
        );
    return _show(record);
  }

  // #region upload
  /// Where the app uploads a picture. Each call gives a new key, because a
  /// retry must not read a picture that was replaced in the meantime.
  Future<KycUpload> upload(
    Session session,
    int kycId,
    KycPicture picture,
  ) async {
    await _find(session, kycId);
    final key = '${_prefix(kycId, picture)}${const Uuid().v4()}';
    final description = await session.storage.createDirectFileUploadDescription(
      storageId: kycStorage,
      path: key,
      maxFileSize: maxPictureBytes,
    );
    if (description == null) {
      throw KycNotPossible(message: 'Uploads are not possible now.');
    }
    return KycUpload(key: key, description: description);
  }
  // #endregion

  // #region submit
  /// Sets the record to in_review, and calls the KYC service.
  Future<KycState> submit(
    Session session,
    int kycId,
    String passportKey,
    String selfieKey, {
    String? stampKey,
  }) async {
    final record = await _find(session, kycId);
    await _check(session, kycId, KycPicture.passport, passportKey);
    await _check(session, kycId, KycPicture.selfie, selfieKey);
    if (stampKey != null) {
      await _check(session, kycId, KycPicture.stamp, stampKey);
    }

    // 1. The record. One statement, committed before the call: a second tap
    //    on the button finds no row to update.
    final updated = await KycVerification.db.updateWhere(
      session,
      columnValues: (t) => [
        t.status(KycStatus.in_review),
        t.inReviewSince(DateTime.now().toUtc()),
        t.passportKey(passportKey),
        t.selfieKey(selfieKey),
        t.stampKey(stampKey),
        t.queuedAt(null),
        t.handledAt(null),
        t.submissions(record.submissions + 1),
        t.step(KycStep.wait),
        t.message(null),
      ],
      where: (t) => t.id.equals(kycId) & t.step.inSet(_canSubmit),
    );
    if (updated.isEmpty) {
      throw KycNotPossible(message: 'Your pictures are being checked.');
    }

    // 2. The call. If it fails, the outbox repeats it.
    await KycService.of(session).deliver(session, updated.first);
    return _show(updated.first);
  }
  // #endregion

  // #region watch
  /// The current state. An app that cannot keep a stream open asks every 2 s.
  Future<KycState> state(Session session, int kycId) async {
    final record = await _find(session, kycId);
    return _show(await KycService.of(session).handleVerdict(session, record));
  }

  /// The current state, and each later one. Ends with the verdict.
  Stream<KycState> watch(Session session, int kycId) =>
      _poll(session, kycId).distinct((a, b) => a.step == b.step);

  Stream<KycState> _poll(Session session, int kycId) async* {
    while (true) {
      final current = await state(session, kycId);
      yield current;
      if (current.step != KycStep.wait) return;
      await Future<void>.delayed(const Duration(seconds: 2));
    }
  }
  // #endregion

  static const _canSubmit = {
    KycStep.takePictures,
    KycStep.newPictures,
    KycStep.otherDocument,
    KycStep.tryLater,
  };

  String _prefix(int kycId, KycPicture picture) =>
      'kyc/$kycId/${picture.name}-';

  /// Throws if [upload] did not give this key for this picture, or if nothing
  /// was uploaded under it.
  Future<void> _check(
    Session session,
    int kycId,
    KycPicture picture,
    String key,
  ) async {
    final isOurs = key.startsWith(_prefix(kycId, picture));
    if (!isOurs ||
        !await session.storage.verifyDirectFileUpload(
          storageId: kycStorage,
          path: key,
        )) {
      throw KycNotPossible(message: 'Please upload your pictures again.');
    }
  }

  /// The person's own record. Others' records do not exist for them.
  Future<KycVerification> _find(Session session, int kycId) async {
    final record = await KycVerification.db.findById(session, kycId);
    if (record == null || record.userId != _userId(session)) {
      throw KycNotPossible(message: 'There is no such verification.');
    }
    return record;
  }

  /// The KYC service needs an integer. `serverpod_auth` has one. If your user
  /// ids are UUIDs, keep an integer beside them and look it up here.
  int _userId(Session session) => switch (session.authenticated) {
    AuthenticationInfo(:final userIdentifier) => int.parse(userIdentifier),
    null => throw KycNotPossible(message: 'Please sign in.'),
  };

  KycState _show(KycVerification record) => KycState(
    kycId: record.id ?? 0,
    step: record.step,
    message: record.message,
  );
}
