import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.flink.api.common.accumulators.LongMaximum;
import org.apache.flink.api.common.accumulators.LongMinimum;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.RichMapFunction;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.connector.source.lib.NumberSequenceSource;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * Counts 0, 1, 2, … and fails by itself when a number is lost or repeated.
 *
 * <p>One source counts; four keys remember the last number they saw. Both are in every checkpoint, so after a correct
 * restore each key sees exactly the number that follows. The accumulators "first" and "newest" tell from outside where this
 * run began and how far it is.
 *
 * <p>Arguments, all optional: --rate N (numbers a second, default 200), --finish-after N, --fail-at N, --fail-while FILE (as long
 * as it exists), --fail-in-main TEXT, --snapshot-millis N (how long every checkpoint and savepoint takes).
 */
public final class CountingJob {
    private static final int KEYS = 4;

    private CountingJob() {}

    public static void main(String[] arguments) throws Exception {
        Map<String, String> options = new HashMap<>();
        for (int i = 0; i + 1 < arguments.length; i += 2) {
            options.put(arguments[i], arguments[i + 1]);
        }
        if (options.containsKey("--fail-in-main")) {
            throw new IllegalArgumentException(options.get("--fail-in-main"));
        }
        long last = Long.parseLong(options.getOrDefault("--finish-after", String.valueOf(Long.MAX_VALUE - 1)));
        long rate = Long.parseLong(options.getOrDefault("--rate", "200"));
        long failAt = Long.parseLong(options.getOrDefault("--fail-at", "-1"));
        String failWhile = options.get("--fail-while");
        long snapshotMillis = Long.parseLong(options.getOrDefault("--snapshot-millis", "0"));

        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        env.fromSource(new NumberSequenceSource(0, last), WatermarkStrategy.noWatermarks(), "numbers")
                .setParallelism(1)
                .setMaxParallelism(1) // in reactive mode nothing else holds
                .uid("numbers")
                .map(new Throttle(rate))
                .setParallelism(1)
                .setMaxParallelism(1)
                .uid("throttle")
                .keyBy(number -> (int) (number % KEYS))
                .map(new Check(failAt, failWhile, snapshotMillis))
                .uid("check");
        env.execute("counting");
    }

    /** Lets `rate` numbers pass a second. */
    private static final class Throttle extends RichMapFunction<Long, Long> {
        private static final long serialVersionUID = 1;
        private final long pauseNanos;

        Throttle(long rate) {
            this.pauseNanos = Duration.ofSeconds(1).toNanos() / rate;
        }

        @Override
        public Long map(Long number) throws InterruptedException {
            Thread.sleep(pauseNanos / 1_000_000, (int) (pauseNanos % 1_000_000));
            return number;
        }
    }

    /** Knows which number comes next. */
    private static final class Check extends RichMapFunction<Long, Long> implements CheckpointedFunction {
        private static final long serialVersionUID = 1;
        private final long failAt;
        private final String failWhile;
        private final long snapshotMillis;
        private transient ValueState<Long> last;
        private transient LongMinimum first;
        private transient LongMaximum newest;

        Check(long failAt, String failWhile, long snapshotMillis) {
            this.failAt = failAt;
            this.failWhile = failWhile;
            this.snapshotMillis = snapshotMillis;
        }

        @Override
        public void initializeState(FunctionInitializationContext context) {}

        @Override
        public void snapshotState(FunctionSnapshotContext context) throws Exception {
            Thread.sleep(snapshotMillis);
        }

        @Override
        public Long map(Long number) throws Exception {
            if (last == null) {
                begin();
            }
            Long before = last.value();
            long expected = before == null ? number % KEYS : before + KEYS;
            if (number < expected) {
                throw new IllegalStateException("count repeated: " + number + " came again, expected " + expected);
            }
            if (number > expected) {
                throw new IllegalStateException("count lost: " + number + " came, expected " + expected);
            }
            if (number == failAt) {
                throw new IllegalStateException("asked to fail at " + failAt);
            }
            if (failWhile != null && Files.exists(Path.of(failWhile))) {
                throw new IllegalStateException("asked to fail while there is " + failWhile);
            }
            last.update(number);
            first.add(number);
            newest.add(number);
            return number;
        }

        /** Not in open(): its signature differs between Flink 1 and 2. */
        private void begin() {
            last = getRuntimeContext().getState(new ValueStateDescriptor<>("last", Long.class));
            first = new LongMinimum();
            newest = new LongMaximum();
            getRuntimeContext().addAccumulator("first", first);
            getRuntimeContext().addAccumulator("newest", newest);
        }
    }
}
