import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.X509EncodedKeySpec;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Checks a license key offline and says what it grants. Needs Java 17 or newer and nothing else.
 *
 * <pre>java Main.java FILE [MACHINE-ID]      without FILE, or with -, the key comes from standard input</pre>
 *
 * Exit code: 0 the license is valid, 1 the key could not be read, 3 the license is refused.
 * A signature cannot tell whether the vendor has revoked the license since it was signed.
 */
public class Main {
    static final String ISSUER = "{{issuer}}";
    static final String PRODUCT = "{{product}}";

    /** The vendor's public keys: key id and key. What any other key signed is refused. */
    static final String[][] KEYS = {
        {"{{kid}}", "{{x}}"},
    };

    /** Why a key is refused. */
    static class Refused extends Exception {
        Refused(String reason) {
            super(reason);
        }
    }

    /** The claims of a license key. */
    static Map<?, ?> verify(String text, String machine, Instant now) throws Refused, GeneralSecurityException {
        int begin = text.indexOf("-----BEGIN LICENSE-----"), end = text.indexOf("-----END LICENSE-----");
        String key = 0 <= begin && begin < end ? text.substring(begin + 23, end) : text;
        String[] part = key.replaceAll("[\\s\uFEFF]", "").split("\\.", -1);
        if (part.length != 3) {
            throw new Refused("not a license key");
        }

        Map<?, ?> header = object(decode(part[0]));
        if (!header.keySet().equals(Set.of("alg", "kid", "typ"))
                || !"EdDSA".equals(header.get("alg"))
                || !"license+jwt".equals(header.get("typ"))) {
            throw new Refused("not a license key");
        }
        byte[] signed = (part[0] + "." + part[1]).getBytes(StandardCharsets.UTF_8);
        if (!isSigned(publicKey(header.get("kid")), signed, decode(part[2]))) {
            throw new Refused("the signature does not match");
        }

        Map<?, ?> claims = object(decode(part[1]));
        if (!Long.valueOf(1).equals(claims.get("ver"))) {
            throw new Refused("made for a newer program");
        }
        if (!ISSUER.equals(claims.get("iss"))) {
            throw new Refused("issued by another authority");
        }
        if (!PRODUCT.equals(claims.get("aud"))) {
            throw new Refused("for another product");
        }
        if (!(claims.get("nbf") instanceof Long) || now.getEpochSecond() < (Long) claims.get("nbf")) {
            throw new Refused("not valid yet");
        }
        Object stops = claims.get("exp"); // grace days included; absent: never
        if (claims.containsKey("exp") && (!(stops instanceof Long) || now.getEpochSecond() >= (Long) stops)) {
            throw new Refused("expired");
        }
        if (claims.get("machines") instanceof Map<?, ?> machines
                && machines.get("bound") instanceof List<?> bound && !bound.contains(machine)) {
            throw new Refused("bound to other machines");
        }
        return claims;
    }

    static PublicKey publicKey(Object kid) throws Refused, GeneralSecurityException {
        for (String[] key : KEYS) {
            if (key[0].equals(kid)) {
                String raw = HexFormat.of().formatHex(Base64.getUrlDecoder().decode(key[1]));
                byte[] spki = HexFormat.of().parseHex("302a300506032b6570032100" + raw); // RFC 8410
                return KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(spki));
            }
        }
        throw new Refused("not signed by a key of this vendor");
    }

    static boolean isSigned(PublicKey key, byte[] signed, byte[] signature) throws GeneralSecurityException {
        Signature verifier = Signature.getInstance("Ed25519");
        verifier.initVerify(key);
        verifier.update(signed);
        try {
            return verifier.verify(signature);
        } catch (SignatureException malformed) {
            return false;
        }
    }

    static byte[] decode(String segment) throws Refused {
        try {
            return Base64.getUrlDecoder().decode(segment);
        } catch (IllegalArgumentException error) {
            throw new Refused("not a license key");
        }
    }

    static Map<?, ?> object(byte[] json) throws Refused {
        try {
            return (Map<?, ?>) new Json(new String(json, StandardCharsets.UTF_8)).document();
        } catch (RuntimeException error) {
            throw new Refused("not a license key");
        }
    }

    /** The last day before an end, UTC. */
    static LocalDate lastDay(long end) {
        return LocalDate.ofInstant(Instant.ofEpochSecond(end - 1), ZoneOffset.UTC);
    }

    public static void main(String[] args) throws GeneralSecurityException {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        try {
            byte[] text;
            try (InputStream in = args.length > 0 && !args[0].equals("-") ? new FileInputStream(args[0]) : System.in) {
                text = in.readNBytes(1 << 20);
            }
            String machine = args.length > 1 ? args[1] : "";
            Instant now = Instant.now();
            Map<?, ?> claims = verify(new String(text, StandardCharsets.UTF_8), machine, now);

            Long stops = (Long) claims.get("exp");
            Long ends = claims.get("ends") instanceof Long agreed ? agreed : stops; // the agreed end, before any grace days
            out.println("valid:    " + claims.get("jti"));
            out.println("customer: " + claims.get("customer"));
            out.println("tier:     " + claims.get("tier_name"));
            out.println("seats:    " + (claims.containsKey("seats") ? claims.get("seats") : "unlimited"));
            List<String> features = new ArrayList<>();
            if (claims.get("features") instanceof List<?> names) {
                names.forEach(name -> features.add(String.valueOf(name)));
            }
            out.println("features: " + (features.isEmpty() ? "none" : String.join(", ", features)));
            out.println("until:    " + (ends == null ? "no end" : lastDay(ends)));
            if (ends != null && ends <= now.getEpochSecond()) {
                out.println("grace:    please renew, it stops working after " + lastDay(stops));
            }
        } catch (IOException error) {
            System.err.println("error: " + error);
            System.exit(1);
        } catch (Refused refused) {
            System.err.println("refused: " + refused.getMessage());
            System.exit(3);
        }
    }

    /**
     * A small, strict JSON reader (RFC 8259), as Java has none of its own: objects become maps, whole numbers Long.
     * Where your program has a JSON library already, use that one instead.
     */
    static class Json {
        private static final Pattern SCALAR = Pattern.compile("true|false|null|-?(0|[1-9]\\d*)(\\.\\d+)?([eE][-+]?\\d+)?");
        private final String text;
        private int at;

        Json(String text) {
            this.text = text;
        }

        Object document() {
            Object value = value(0);
            require(!skipBlanks());
            return value;
        }

        private Object value(int depth) {
            require(depth < 256 && skipBlanks());
            if (next('{')) {
                Map<String, Object> map = new LinkedHashMap<>();
                if (!next('}')) {
                    do {
                        String name = string();
                        require(next(':') && !map.containsKey(name));
                        map.put(name, value(depth + 1));
                    } while (next(','));
                    require(next('}'));
                }
                return map;
            }
            if (next('[')) {
                List<Object> list = new ArrayList<>();
                if (!next(']')) {
                    do {
                        list.add(value(depth + 1));
                    } while (next(','));
                    require(next(']'));
                }
                return list;
            }
            if (text.charAt(at) == '"') {
                return string();
            }
            Matcher scalar = SCALAR.matcher(text).region(at, text.length());
            require(scalar.lookingAt());
            at = scalar.end();
            String word = scalar.group();
            switch (word) {
                case "true", "false":
                    return Boolean.valueOf(word);
                case "null":
                    return null;
                default:
                    boolean whole = word.length() < 19 && scalar.group(2) == null && scalar.group(3) == null;
                    return whole ? (Object) Long.valueOf(word) : new BigDecimal(word);
            }
        }

        private String string() {
            require(next('"'));
            StringBuilder string = new StringBuilder();
            for (char c; (c = text.charAt(at++)) != '"'; string.append(c)) {
                require(c >= ' ');
                if (c == '\\') {
                    c = text.charAt(at++);
                    if (c == 'u') {
                        c = (char) HexFormat.fromHexDigits(text, at, at += 4);
                    } else {
                        c = "\"\\/\b\f\n\r\t".charAt("\"\\/bfnrt".indexOf(c));
                    }
                }
            }
            return string.toString();
        }

        /** Takes the character where it comes next. */
        private boolean next(char wanted) {
            boolean found = skipBlanks() && text.charAt(at) == wanted;
            at += found ? 1 : 0;
            return found;
        }

        /** Whether anything is left after the blanks. */
        private boolean skipBlanks() {
            while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
                at++;
            }
            return at < text.length();
        }

        private static void require(boolean met) {
            if (!met) {
                throw new IllegalArgumentException("not JSON");
            }
        }
    }
}
