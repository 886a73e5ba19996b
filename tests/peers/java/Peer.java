import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.X509EncodedKeySpec;
import java.io.PrintStream;
import java.util.Base64;

/**
 * Java's own Ed25519 checks the signatures of keys, with the public keys as lic exports them (PEM). Java reads no JSON of its
 * own, so that the claims are left to the Java program that `lic key export --format snippet` prints.
 *
 * <pre>java Peer CASES      CASES has one line for each key: name, key and PEM file, between tabs</pre>
 *
 * Prints one line for each: its name, `accepted` or `refused`, and the claims as they stand or the reason.
 */
public class Peer {
    static PublicKey publicKey(Path pem) throws Exception {
        String base64 = Files.readString(pem).replaceAll("-----[A-Z ]+-----|\\s", "");
        return KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(Base64.getDecoder().decode(base64)));
    }

    static boolean isSigned(PublicKey key, String signed, String signature) throws GeneralSecurityException {
        Signature verifier = Signature.getInstance("Ed25519");
        verifier.initVerify(key);
        verifier.update(signed.getBytes(StandardCharsets.US_ASCII));
        try {
            return verifier.verify(Base64.getUrlDecoder().decode(signature));
        } catch (SignatureException malformed) {
            return false;
        }
    }

    public static void main(String[] args) throws Exception {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        for (String line : Files.readAllLines(Path.of(args[0]))) {
            String[] column = line.split("\t");
            String[] part = column[1].split("\\.");
            try {
                if (isSigned(publicKey(Path.of(column[2])), part[0] + "." + part[1], part[2])) {
                    String claims = new String(Base64.getUrlDecoder().decode(part[1]), StandardCharsets.UTF_8);
                    out.println(column[0] + "\taccepted\t" + claims);
                } else {
                    out.println(column[0] + "\trefused\tbad signature");
                }
            } catch (IllegalArgumentException | IndexOutOfBoundsException malformed) {
                out.println(column[0] + "\trefused\t" + malformed.getMessage());
            }
        }
    }
}
