import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.ofdrw.core.signatures.SigType;
import org.ofdrw.reader.OFDReader;
import org.ofdrw.sign.verify.OFDValidator;
import org.ofdrw.sign.verify.SignedDataValidateContainer;
import org.ofdrw.sign.verify.container.GBT35275ValidateContainer;
import org.ofdrw.sign.verify.container.SESV4ValidateContainer;

/**
 * What the ofdrw reader and validator say of each file: one line of JSON a file, in order.
 * ofdrw checks digests, the seal file against the embedded seal, dataHash and the signature value;
 * no seal signature, certificate list, time or chain.
 */
public class OfdCheck {
    public static void main(String[] files) {
        for (String file : files) {
            System.out.println(check(Path.of(file)));
        }
    }

    private static String check(Path file) {
        List<String> checked = new ArrayList<>();
        int pages = -1;
        String error = "";
        try (OFDReader reader = new OFDReader(file)) {
            pages = reader.getNumberOfPages();
            for (int number = 1; number <= pages; number++) {
                reader.getPageInfo(number).getObj().getContent();
            }
            OFDValidator validator = new OFDValidator(reader);
            validator.setValidator(container(checked));
            validator.exeValidate();
        } catch (Throwable problem) {
            error = problem.getClass().getSimpleName() + ": " + problem.getMessage();
        }
        return "{\"pages\":" + pages + ",\"signatures\":[" + String.join(",", checked)
            + "],\"error\":" + quoted(error) + "}";
    }

    private static SignedDataValidateContainer container(List<String> checked) {
        SignedDataValidateContainer seal = new SESV4ValidateContainer();
        SignedDataValidateContainer sign = new GBT35275ValidateContainer();
        return (type, method, content, value) -> {
            (type == SigType.Sign ? sign : seal).validate(type, method, content, value);
            checked.add(quoted(type.name()));
        };
    }

    private static String quoted(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (char one : text.toCharArray()) {
            if (one < 0x20 || one == '"' || one == '\\' || one > 0x7e) {
                out.append(String.format("\\u%04x", (int) one));
            } else {
                out.append(one);
            }
        }
        return out.append('"').toString();
    }
}
