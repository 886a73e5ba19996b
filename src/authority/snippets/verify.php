<?php
// Checks a license key offline and says what it grants. Needs 64-bit PHP 7.4 or newer with its own sodium extension.
//
//   php verify.php FILE [MACHINE-ID]      without FILE, or with -, the key comes from standard input
//
// Exit code: 0 the license is valid, 1 the key could not be read, 3 the license is refused.
// A signature cannot tell whether the vendor has revoked the license since it was signed.

declare(strict_types=1);

const ISSUER = "{{issuer}}";
const PRODUCT = "{{product}}";

// The vendor's public keys by key id. What any other key signed is refused.
const KEYS = [
    "{{kid}}" => "{{x}}",
];

/** The claims of a license key; the exception says why a key is refused. */
function verify(string $text, ?string $machine, int $now): array
{
    if (preg_match('/-----BEGIN LICENSE-----(.*?)-----END LICENSE-----/s', $text, $armoured)) {
        $text = $armoured[1];
    }
    $part = explode('.', preg_replace('/\s|\xEF\xBB\xBF/', '', $text));
    if (count($part) !== 3) {
        throw new UnexpectedValueException('not a license key');
    }

    $header = decodeObject($part[0]);
    ksort($header);
    if (array_keys($header) !== ['alg', 'kid', 'typ'] || $header['alg'] !== 'EdDSA' || $header['typ'] !== 'license+jwt') {
        throw new UnexpectedValueException('not a license key');
    }
    if (!is_string($header['kid']) || !isset(KEYS[$header['kid']])) {
        throw new UnexpectedValueException('not signed by a key of this vendor');
    }
    $signature = decode($part[2]);
    if (strlen($signature) !== SODIUM_CRYPTO_SIGN_BYTES
        || !sodium_crypto_sign_verify_detached($signature, "$part[0].$part[1]", decode(KEYS[$header['kid']]))) {
        throw new UnexpectedValueException('the signature does not match');
    }

    $claims = decodeObject($part[1]);
    if (($claims['ver'] ?? null) !== 1) {
        throw new UnexpectedValueException('made for a newer program');
    }
    if (($claims['iss'] ?? null) !== ISSUER) {
        throw new UnexpectedValueException('issued by another authority');
    }
    if (($claims['aud'] ?? null) !== PRODUCT) {
        throw new UnexpectedValueException('for another product');
    }
    if (!is_int($claims['nbf'] ?? null) || $now < $claims['nbf']) {
        throw new UnexpectedValueException('not valid yet');
    }
    // Grace days are included in exp; without one, the license never ends.
    if (array_key_exists('exp', $claims) && (!is_int($claims['exp']) || $now >= $claims['exp'])) {
        throw new UnexpectedValueException('expired');
    }
    $bound = $claims['machines']['bound'] ?? [];
    if ($bound !== [] && !in_array($machine, $bound, true)) {
        throw new UnexpectedValueException('bound to other machines');
    }
    return $claims;
}

function decode(string $segment): string
{
    try {
        return sodium_base642bin($segment, SODIUM_BASE64_VARIANT_URLSAFE_NO_PADDING);
    } catch (SodiumException $error) {
        throw new UnexpectedValueException('not a license key');
    }
}

function decodeObject(string $segment): array
{
    $value = json_decode(decode($segment), true);
    if (!is_array($value)) {
        throw new UnexpectedValueException('not a license key');
    }
    return $value;
}

/** The last day before an end, UTC. */
function lastDay(int $end): string
{
    return gmdate('Y-m-d', $end - 1);
}

$path = $argv[1] ?? '-';
$text = @file_get_contents($path === '-' ? 'php://stdin' : $path, false, null, 0, 1 << 20);
if ($text === false) {
    fwrite(STDERR, "error: cannot read $path\n");
    exit(1);
}
try {
    $now = time();
    $claims = verify($text, $argv[2] ?? null, $now);
} catch (UnexpectedValueException $refused) {
    fwrite(STDERR, "refused: {$refused->getMessage()}\n");
    exit(3);
}
$stops = $claims['exp'] ?? null;
$ends = $claims['ends'] ?? $stops; // the agreed end, before any grace days
echo 'valid:    ', $claims['jti'], "\n";
echo 'customer: ', $claims['customer'], "\n";
echo 'tier:     ', $claims['tier_name'], "\n";
echo 'seats:    ', $claims['seats'] ?? 'unlimited', "\n";
echo 'features: ', implode(', ', $claims['features'] ?? ['none']), "\n";
echo 'until:    ', $ends === null ? 'no end' : lastDay($ends), "\n";
if ($ends !== null && $ends <= $now) {
    echo 'grace:    please renew, it stops working after ', lastDay($stops), "\n";
}
