/** Numbers that look random and are the same in every language (Park and Miller's generator). */
final class Random {
    private long seed = 42;

    int next(int bound) {
        seed = seed * 16807 % 2147483647;
        return (int) (seed % bound);
    }
}
