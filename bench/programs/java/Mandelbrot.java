/** Mandelbrot: how many points of a square grid belong to the set. */
final class Mandelbrot extends Benchmark {
    private static final int LIMIT = 50;

    private final int size;

    Mandelbrot(int size) {
        this.size = size;
    }

    @Override
    long benchmark() {
        long inside = 0;
        for (int row = 0; row < size; row++) {
            double ci = 3.0 * row / size - 1.5;
            for (int column = 0; column < size; column++) {
                double cr = 3.0 * column / size - 2.0;
                if (stays(cr, ci)) {
                    inside++;
                }
            }
        }
        return inside;
    }

    private static boolean stays(double cr, double ci) {
        double zr = 0.0;
        double zi = 0.0;
        double rr = 0.0;
        double ii = 0.0;
        int count = 0;
        while (count < LIMIT) {
            zi = 2.0 * zr * zi + ci;
            zr = rr - ii + cr;
            rr = zr * zr;
            ii = zi * zi;
            if (rr + ii > 4.0) {
                return false;
            }
            count++;
        }
        return true;
    }

    @Override
    boolean verifyResult(long result) {
        double area = 9.0 * result / ((double) size * size);
        return area > 1.5 && area < 1.65;
    }

    public static void main(String[] args) {
        measure("mandelbrot", args, Mandelbrot::new);
    }
}
