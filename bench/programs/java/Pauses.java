import java.util.Arrays;

/** Pauses: how long allocation is held up while much is alive and some of it is replaced. */
final class Pauses {
    private static final int CHUNK = 1024;
    private static final int BATCH = 1000;
    private static final int BATCHES_PER_MEGABYTE = 40;
    private static final int BLOCKS_PER_MEGABYTE = 8192;

    private static final class Block {
        final Block link;
        final long number;
        final long[] data = new long[12];

        Block(Block link, long number) {
            this.link = link;
            this.number = number;
        }
    }

    private final int size;
    private final Random random = new Random();
    private final Block[][] chunks;

    private Pauses(int megabytes) {
        size = megabytes * BLOCKS_PER_MEGABYTE;
        chunks = new Block[size / CHUNK][CHUNK];
        for (int chunk = 0; chunk < chunks.length; chunk++) {
            for (int i = 0; i < CHUNK; i++) {
                chunks[chunk][i] = new Block(null, chunk * CHUNK + i);
            }
        }
    }

    private void churn() {
        for (int i = 0; i < BATCH; i++) {
            int at = random.next(size);
            Block old = chunks[at / CHUNK][at % CHUNK];
            if (i % 20 == 0) {
                chunks[at / CHUNK][at % CHUNK] = new Block(null, old.number);
            } else if (new Block(old, i).number != i) {
                throw new IllegalStateException("a new block has another number");
            }
        }
    }

    private boolean verify() {
        for (int at = 0; at < size; at++) {
            if (chunks[at / CHUNK][at % CHUNK].number != at) {
                return false;
            }
        }
        return true;
    }

    public static void main(String[] args) {
        int megabytes = Integer.parseInt(args[1]);
        Pauses heap = new Pauses(megabytes);
        long[] times = new long[megabytes * BATCHES_PER_MEGABYTE];
        for (int i = 0; i < times.length; i++) {
            long started = System.nanoTime();
            heap.churn();
            times[i] = System.nanoTime() - started;
        }
        if (!heap.verify()) {
            System.err.println("pauses: a live block was lost");
            System.exit(1);
        }
        Arrays.sort(times);
        long median = times[times.length / 2];
        long[] pauses = Arrays.stream(times).filter(t -> t > 2 * median + 100_000).map(t -> t - median).toArray();
        long typical = pauses.length == 0 ? 0 : pauses[pauses.length / 2];
        long longest = pauses.length == 0 ? 0 : pauses[pauses.length - 1];
        System.out.println(
            "pauses: batches=" + times.length + " batch=" + median / 1000 + "us count=" + pauses.length
                + " median=" + typical / 1000 + "us longest=" + longest / 1000 + "us");
    }
}
