import java.util.Objects;

/** The Test Anything Protocol in a few lines: what the Java program beside this file prints. */
final class Tap {
  private static int count = 0;
  private static int failed = 0;

  static void ok(boolean passed, String name, String note) {
    count++;
    if (!passed) failed++;
    System.out.println((passed ? "ok " : "not ok ") + count + " - " + name.replace("\n", " "));
    if (!passed && note != null) System.out.println("# " + note.replace("\n", "\n# "));
  }

  static void is(Object have, Object want, String name) {
    ok(Objects.equals(have, want), name, "have " + have + ", want " + want);
  }

  static void done() {
    System.out.println("1.." + count);
    System.exit(failed > 0 ? 1 : 0);
  }
}
