package flinkop;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.Attributes;
import java.util.jar.JarFile;

/**
 * Runs the main class of a jar in the image of a session cluster. The operator uploads this class in a jar whose manifest has that one on its
 * class path, and which says in {@code flinkop/launch.txt} where it is and, in a second line, which class to run, if that is said.
 */
public final class Launcher {
    private Launcher() {}

    public static void main(String[] arguments) throws Throwable {
        String[] launch = read().split("\n");
        Path jar = Path.of(launch[0]);
        if (!Files.isRegularFile(jar)) {
            throw new IllegalStateException("the jar " + jar + " is not in the JobManager's image, nor on its volumes; put it there, or correct spec.job.jarURI");
        }
        run(jar, launch.length > 1 ? launch[1] : mainClass(jar), arguments);
    }

    private static String read() throws IOException {
        try (InputStream content = Launcher.class.getResourceAsStream("launch.txt")) {
            return new String(content.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** Flink's own order. */
    private static String mainClass(Path jar) throws IOException {
        try (JarFile file = new JarFile(jar.toFile())) {
            Attributes attributes = file.getManifest() == null ? new Attributes() : file.getManifest().getMainAttributes();
            String name = attributes.getValue("program-class");
            name = name == null ? attributes.getValue(Attributes.Name.MAIN_CLASS) : name;
            if (name == null) {
                throw new IllegalStateException("the manifest of " + jar + " names no main class; set spec.job.entryClass");
            }
            return name.strip();
        }
    }

    private static void run(Path jar, String name, String[] arguments) throws Throwable {
        Method main;
        try {
            main = Class.forName(name, true, Launcher.class.getClassLoader()).getMethod("main", String[].class);
        } catch (ClassNotFoundException missing) {
            throw new IllegalStateException("the class " + name + " is not in " + jar + "; correct spec.job.entryClass");
        } catch (NoSuchMethodException missing) {
            throw new IllegalStateException("the class " + name + " of " + jar + " has no public static main method; correct spec.job.entryClass");
        }
        if (!Modifier.isStatic(main.getModifiers())) {
            throw new IllegalStateException("the main method of " + name + " in " + jar + " is not static; correct spec.job.entryClass");
        }
        try {
            main.invoke(null, (Object) arguments);
        } catch (InvocationTargetException thrown) {
            throw thrown.getCause();
        }
    }
}
