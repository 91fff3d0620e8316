/** What a jar of the image holds. */
public final class Program {
    private Program() {}

    public static void main(String[] arguments) {
        if (arguments[0].equals("fail")) {
            throw new IllegalArgumentException("of its own");
        }
        System.out.println("ran with " + String.join(",", arguments));
    }
}
