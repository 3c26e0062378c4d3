import java.util.Arrays;

/** Spectral norm: the largest singular value of an infinite matrix, by the power method. */
final class SpectralNorm extends Benchmark {
    private final int size;

    SpectralNorm(int size) {
        this.size = size;
    }

    private static double element(int i, int j) {
        return 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1);
    }

    private static void multiply(double[] v, double[] into) {
        for (int i = 0; i < v.length; i++) {
            double sum = 0.0;
            for (int j = 0; j < v.length; j++) {
                sum += element(i, j) * v[j];
            }
            into[i] = sum;
        }
    }

    private static void multiplyTransposed(double[] v, double[] into) {
        for (int i = 0; i < v.length; i++) {
            double sum = 0.0;
            for (int j = 0; j < v.length; j++) {
                sum += element(j, i) * v[j];
            }
            into[i] = sum;
        }
    }

    @Override
    long benchmark() {
        double[] u = new double[size];
        Arrays.fill(u, 1.0);
        double[] v = new double[size];
        double[] between = new double[size];
        for (int i = 0; i < 10; i++) {
            multiply(u, between);
            multiplyTransposed(between, v);
            multiply(v, between);
            multiplyTransposed(between, u);
        }
        double uv = 0.0;
        double vv = 0.0;
        for (int i = 0; i < size; i++) {
            uv += u[i] * v[i];
            vv += v[i] * v[i];
        }
        return (long) (Math.sqrt(uv / vv) * 1.0e9);
    }

    @Override
    boolean verifyResult(long result) {
        return Math.abs(result - 1_274_224_153L) < 4_000_000;
    }

    public static void main(String[] args) {
        measure("spectralnorm", args, SpectralNorm::new);
    }
}
