import java.util.Arrays;

/** Towers: the towers of Hanoi, with disks that are linked objects. */
final class Towers extends Benchmark {
    private static final class Disk {
        final int size;
        Disk next = null;

        Disk(int size) {
            this.size = size;
        }
    }

    private final int disks;
    private final Disk[] piles = new Disk[3];
    private int moves = 0;

    Towers(int disks) {
        this.disks = disks;
    }

    @Override
    long benchmark() {
        Arrays.fill(piles, null);
        for (int size = disks; size >= 1; size--) {
            push(new Disk(size), 0);
        }
        moves = 0;
        move(disks, 0, 1);
        return moves;
    }

    private void push(Disk disk, int pile) {
        Disk top = piles[pile];
        if (top != null && disk.size >= top.size) {
            throw new IllegalStateException("a large disk on a small one");
        }
        disk.next = top;
        piles[pile] = disk;
    }

    private Disk pop(int pile) {
        Disk top = piles[pile];
        if (top == null) {
            throw new IllegalStateException("no disk on pile " + pile);
        }
        piles[pile] = top.next;
        top.next = null;
        return top;
    }

    private void moveTop(int from, int to) {
        push(pop(from), to);
        moves++;
    }

    private void move(int count, int from, int to) {
        if (count == 1) {
            moveTop(from, to);
            return;
        }
        int other = 3 - from - to;
        move(count - 1, from, other);
        moveTop(from, to);
        move(count - 1, other, to);
    }

    @Override
    boolean verifyResult(long result) {
        return result == (1L << disks) - 1 && piles[0] == null && piles[2] == null && piles[1].size == 1;
    }

    public static void main(String[] args) {
        measure("towers", args, Towers::new);
    }
}
