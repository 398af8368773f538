import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Verify, seal and prove with nothing but the JDK (17 or later), in one file.
 *
 * <pre>
 *   SEALSVC_URL=http://127.0.0.1:8000 java Client.java verify  FILE
 *   SEALSVC_KEY=cli_….sk_…            java Client.java seal    FILE SEAL_ID OUT
 *                                     java Client.java receipt SEALED_FILE OUT
 * </pre>
 *
 * Exit status: 0 good, 1 the document is not to be relied on, 2 the service did not answer so.
 * A program of yours should read the JSON with a JSON library; here two members are enough.
 */
public final class Client {
    private static final String PDF = "application/pdf";
    private static final String BASE =
            System.getenv().getOrDefault("SEALSVC_URL", "http://127.0.0.1:8000");
    // Java offers HTTP/2 by an Upgrade on the first request; many servers lose the body over it.
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    public static void main(String[] args) throws Exception {
        String command = args.length == 0 ? "" : args[0] + ":" + (args.length - 1);
        int status = switch (command) {
            case "verify:1" -> verify(Path.of(args[1]));
            case "seal:3" -> seal(Path.of(args[1]), args[2], Path.of(args[3]));
            case "receipt:2" -> receipt(Path.of(args[1]), Path.of(args[2]));
            default -> fail("verify FILE | seal FILE SEAL_ID OUT | receipt SEALED_FILE OUT");
        };
        System.exit(status);
    }

    private static int verify(Path file) throws Exception {
        HttpRequest request = request("/v1/verifications")
                .header("Content-Type", PDF)
                .POST(HttpRequest.BodyPublishers.ofFile(file))
                .build();
        HttpResponse<byte[]> answer = HTTP.send(request, BodyHandlers.ofByteArray());
        if (answer.statusCode() != 200) {
            return fail(text(answer));
        }
        String summary = member(text(answer), "\"summary\"\\s*:\\s*\"([A-Z]+)\"");
        System.out.println(summary);
        return "TRUSTED".equals(summary) ? 0 : 1;
    }

    private static int seal(Path file, String sealId, Path out) throws Exception {
        HttpRequest request = request("/v1/sealings?seal=" + sealId)
                .header("Authorization", "Bearer " + System.getenv("SEALSVC_KEY"))
                // Makes a repetition after a lost answer harmless: the same file comes again.
                .header("Idempotency-Key", "\"" + sha256(file) + "-" + sealId + "\"")
                .header("Content-Type", PDF)
                .header("Accept", PDF)
                .POST(HttpRequest.BodyPublishers.ofFile(file))
                .build();
        HttpResponse<byte[]> answer = HTTP.send(request, BodyHandlers.ofByteArray());
        if (answer.statusCode() != 201) {
            return fail(text(answer));
        }
        Files.write(out, answer.body());
        System.out.println(out);
        return 0;
    }

    private static int receipt(Path file, Path out) throws Exception {
        String digest = sha256(file);
        HttpResponse<byte[]> trace = get("/v1/trace?digest=" + digest);
        String fact = member(
                text(trace),
                "\"factId\"\\s*:\\s*\"(evt_[a-z2-7]+)\",\\s*\"type\"\\s*:\\s*\"sealing.completed\"");
        if (fact == null) {
            return fail("the log knows nothing of this file: " + text(trace));
        }
        for (int attempt = 0; attempt < 10; attempt++) {
            HttpResponse<byte[]> answer = get("/v1/receipts/" + fact + "?digest=" + digest);
            if (answer.statusCode() == 200) {
                Files.write(out, answer.body());
                System.out.println(out);
                return 0;
            }
            if (answer.statusCode() != 202) {
                return fail(text(answer));
            }
            Thread.sleep(1000); // committed, but not in the log yet
        }
        return fail("no receipt yet, try again");
    }

    private static HttpResponse<byte[]> get(String path) throws IOException, InterruptedException {
        return HTTP.send(request(path).GET().build(), BodyHandlers.ofByteArray());
    }

    private static HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(BASE + path)).timeout(Duration.ofSeconds(60));
    }

    private static String sha256(Path file) throws Exception {
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
        return HexFormat.of().formatHex(digest);
    }

    private static String text(HttpResponse<byte[]> answer) {
        return new String(answer.body(), StandardCharsets.UTF_8);
    }

    /** The first member that the pattern finds, null without one. */
    private static String member(String json, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(json);
        return matcher.find() ? matcher.group(1) : null;
    }

    private static int fail(String message) {
        System.err.println(message);
        return 2;
    }

    private Client() {
    }
}
