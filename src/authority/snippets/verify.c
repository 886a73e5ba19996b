/* Checks a license key offline and says what it grants. Needs OpenSSL 1.1.1 or newer and cJSON (libssl-dev and libcjson-dev on Debian).
 *
 *   cc -o verify verify.c -lcrypto -lcjson
 *   ./verify FILE [MACHINE-ID]      without FILE, or with -, the key comes from standard input
 *
 * Exit code: 0 the license is valid, 1 the key could not be read, 3 the license is refused.
 * A signature cannot tell whether the vendor has revoked the license since it was signed.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cjson/cJSON.h>
#include <openssl/evp.h>

static const char ISSUER[] = "{{issuer}}";
static const char PRODUCT[] = "{{product}}";

/* The vendor's public keys: key id and key. What any other key signed is refused. */
static const char *const KEYS[][2] = {
    {"{{kid}}", "{{x}}"},
    {NULL, NULL},
};

/* Decodes unpadded base64url into `out`, which has room for `length` bytes. Gives how many there are, or -1. */
static long decode(const char *text, size_t length, unsigned char *out)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    unsigned bits = 0, have = 0;
    long count = 0;
    for (size_t i = 0; i < length; i++) {
        const char *at = text[i] != '\0' ? strchr(alphabet, text[i]) : NULL;
        if (at == NULL)
            return -1;
        bits = bits << 6 | (unsigned)(at - alphabet);
        have += 6;
        if (have >= 8) {
            have -= 8;
            out[count++] = (unsigned char)(bits >> have & 0xff);
        }
    }
    return have < 6 && (bits & ((1u << have) - 1)) == 0 ? count : -1;
}

/* Reads a segment as one JSON object; NULL where it is none. */
static cJSON *decode_object(const char *text, size_t length)
{
    unsigned char *json = malloc(length + 1);
    long count = json != NULL ? decode(text, length, json) : -1;
    cJSON *value = NULL;
    if (count >= 0) {
        json[count] = '\0';
        value = cJSON_ParseWithOpts((const char *)json, NULL, 1);
    }
    free(json);
    if (cJSON_IsObject(value))
        return value;
    cJSON_Delete(value);
    return NULL;
}

static const cJSON *get(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

/* The text of this name; empty where there is none. */
static const char *get_text(const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(get(object, name));
    return text != NULL ? text : "";
}

/* Whether the vendor's key `x` signed the text. */
static int is_signed(const char *x, const char *text, size_t length, const char *signature, size_t signature_length)
{
    unsigned char public_key[43], bytes[86];
    if (signature_length != sizeof bytes || decode(x, strlen(x), public_key) != 32 || decode(signature, signature_length, bytes) != 64)
        return 0;
    EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, 32);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int good = key != NULL && context != NULL && EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1
               && EVP_DigestVerify(context, bytes, 64, (const unsigned char *)text, length) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return good;
}

/* Finds the key in `text`, and takes the blanks out of it. */
static char *find_key(char *text)
{
    static const char begin[] = "-----BEGIN LICENSE-----", end[] = "-----END LICENSE-----";
    char *from = strstr(text, begin);
    char *to = from != NULL ? strstr(from, end) : NULL;
    if (to != NULL) {
        text = from + strlen(begin);
        *to = '\0';
    } else if (strncmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3;
    }
    char *out = text;
    for (const char *in = text; *in != '\0'; in++)
        if (strchr(" \t\r\n\v\f", *in) == NULL)
            *out++ = *in;
    *out = '\0';
    return text;
}

/* Checks a key; gives NULL and its claims, or the reason why it is refused. */
static const char *verify(char *text, const char *machine, time_t now, cJSON **claims)
{
    const char *key = find_key(text);
    const char *payload = strchr(key, '.');
    const char *signature = payload != NULL ? strchr(payload + 1, '.') : NULL;
    if (signature == NULL)
        return "not a license key";
    payload++;
    signature++;

    cJSON *header = decode_object(key, (size_t)(payload - 1 - key));
    int fits = cJSON_GetArraySize(header) == 3 && strcmp(get_text(header, "alg"), "EdDSA") == 0
               && strcmp(get_text(header, "typ"), "license+jwt") == 0;
    const char *x = NULL;
    for (size_t i = 0; fits && KEYS[i][0] != NULL; i++)
        if (strcmp(get_text(header, "kid"), KEYS[i][0]) == 0)
            x = KEYS[i][1];
    cJSON_Delete(header);
    if (!fits)
        return "not a license key";
    if (x == NULL)
        return "not signed by a key of this vendor";
    if (!is_signed(x, key, (size_t)(signature - 1 - key), signature, strlen(signature)))
        return "the signature does not match";

    *claims = decode_object(payload, (size_t)(signature - 1 - payload));
    const cJSON *ver = get(*claims, "ver"), *nbf = get(*claims, "nbf"), *exp = get(*claims, "exp");
    if (!cJSON_IsNumber(ver) || ver->valuedouble != 1)
        return "made for a newer program";
    if (strcmp(get_text(*claims, "iss"), ISSUER) != 0)
        return "issued by another authority";
    if (strcmp(get_text(*claims, "aud"), PRODUCT) != 0)
        return "for another product";
    if (!cJSON_IsNumber(nbf) || (double)now < nbf->valuedouble)
        return "not valid yet";
    /* Grace days are included in exp; without one, the license never ends. */
    if (exp != NULL && (!cJSON_IsNumber(exp) || (double)now >= exp->valuedouble))
        return "expired";
    const cJSON *bound = get(get(*claims, "machines"), "bound"), *item;
    int matches = bound == NULL;
    cJSON_ArrayForEach(item, bound) matches |= cJSON_IsString(item) && strcmp(item->valuestring, machine) == 0;
    if (!matches)
        return "bound to other machines";
    return NULL;
}

/* The last day before an end, UTC. */
static const char *last_day(double end)
{
    static char day[32];
    time_t moment = (time_t)end - 1;
    struct tm *utc = gmtime(&moment);
    if (utc == NULL || strftime(day, sizeof day, "%Y-%m-%d", utc) == 0)
        return "?";
    return day;
}

int main(int argc, char **argv)
{
    static char text[(1 << 20) + 1];
    int from_file = argc > 1 && strcmp(argv[1], "-") != 0;
    FILE *file = from_file ? fopen(argv[1], "rb") : stdin;
    if (file == NULL || (fread(text, 1, sizeof text - 1, file) == 0 && ferror(file))) {
        perror(from_file ? argv[1] : "standard input");
        return 1;
    }

    time_t now = time(NULL);
    cJSON *claims = NULL;
    const char *refused = verify(text, argc > 2 ? argv[2] : "", now, &claims);
    if (refused != NULL) {
        fprintf(stderr, "refused: %s\n", refused);
        cJSON_Delete(claims);
        return 3;
    }

    const cJSON *stops = get(claims, "exp"), *agreed = get(claims, "ends"), *seats = get(claims, "seats"), *item;
    const cJSON *ends = cJSON_IsNumber(agreed) ? agreed : stops; /* the agreed end, before any grace days */
    printf("valid:    %s\n", get_text(claims, "jti"));
    printf("customer: %s\n", get_text(claims, "customer"));
    printf("tier:     %s\n", get_text(claims, "tier_name"));
    if (cJSON_IsNumber(seats))
        printf("seats:    %.0f\n", seats->valuedouble);
    else
        printf("seats:    unlimited\n");
    const char *before = "features: ";
    cJSON_ArrayForEach(item, get(claims, "features")) {
        printf("%s%s", before, cJSON_IsString(item) ? item->valuestring : "");
        before = ", ";
    }
    printf("%s\n", before[0] == ',' ? "" : "features: none");
    printf("until:    %s\n", ends != NULL ? last_day(ends->valuedouble) : "no end");
    if (ends != NULL && ends->valuedouble <= (double)now)
        printf("grace:    please renew, it stops working after %s\n", last_day(stops->valuedouble));
    cJSON_Delete(claims);
    return 0;
}
