import java.util.concurrent.SynchronousQueue;

/** Ping-pong: two threads that hand a number to each other over queues without room. */
final class PingPong extends Benchmark {
    private static final int END = -1;

    private final int rounds;

    PingPong(int rounds) {
        this.rounds = rounds;
    }

    @Override
    long benchmark() {
        SynchronousQueue<Integer> ping = new SynchronousQueue<>();
        SynchronousQueue<Integer> pong = new SynchronousQueue<>();
        Thread other = new Thread(() -> answer(ping, pong));
        other.start();
        try {
            int value = 0;
            for (int i = 0; i < rounds; i++) {
                ping.put(value);
                value = pong.take();
            }
            ping.put(END);
            other.join();
            return value;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void answer(SynchronousQueue<Integer> ping, SynchronousQueue<Integer> pong) {
        try {
            for (int value = ping.take(); value != END; value = ping.take()) {
                pong.put(value + 1);
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    boolean verifyResult(long result) {
        return result == rounds;
    }

    public static void main(String[] args) {
        measure("pingpong", args, PingPong::new);
    }
}
