import base64, json, os, sys
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


def parse_keyring(value: str) -> dict[int, bytes]:
    entries = (entry.strip().split(":", 1) for entry in value.split(","))
    return {int(key_id): base64.b64decode(key) for key_id, key in entries}


def open_result(sealed: bytes, kyc_id: int, keys: dict[int, bytes]) -> dict:
    if len(sealed) < 30 or sealed[0] != 1:
        raise ValueError("not a sealed result of format 1")
    nonce, rest = sealed[2:14], sealed[14:]
    clear = AESGCM(keys[sealed[1]]).decrypt(nonce, rest, f"kyc_verification:{kyc_id}".encode())
    return json.loads(clear)


if __name__ == "__main__":
    keys = parse_keyring(os.environ["KYC_ENCRYPTION_KEYS"])
    result = open_result(bytes.fromhex(sys.stdin.read().strip()), int(sys.argv[1]), keys)
    print(json.dumps(result, indent=2, ensure_ascii=False))
