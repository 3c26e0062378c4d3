import java.util.function.IntBinaryOperator;

/** Matrix multiplication of floats, row by row. */
final class MatMul extends Benchmark {
    private final double[][] a;
    private final double[][] b;
    private final double[] probe;

    MatMul(int size) {
        a = matrix(size, (i, j) -> (i * 3 + j * 7) % 10);
        b = matrix(size, (i, j) -> (i * 5 + j * 2) % 11);
        probe = new double[size];
        for (int i = 0; i < size; i++) {
            probe[i] = i % 3 + 1;
        }
    }

    private static double[][] matrix(int size, IntBinaryOperator element) {
        double[][] m = new double[size][size];
        for (int i = 0; i < size; i++) {
            for (int j = 0; j < size; j++) {
                m[i][j] = element.applyAsInt(i, j);
            }
        }
        return m;
    }

    private static double[][] multiply(double[][] a, double[][] b) {
        int size = a.length;
        double[][] c = new double[size][size];
        for (int i = 0; i < size; i++) {
            double[] aRow = a[i];
            double[] cRow = c[i];
            for (int k = 0; k < size; k++) {
                double factor = aRow[k];
                double[] bRow = b[k];
                for (int j = 0; j < size; j++) {
                    cRow[j] += factor * bRow[j];
                }
            }
        }
        return c;
    }

    private static double[] apply(double[][] m, double[] v) {
        double[] result = new double[v.length];
        for (int i = 0; i < v.length; i++) {
            double sum = 0.0;
            for (int j = 0; j < v.length; j++) {
                sum += m[i][j] * v[j];
            }
            result[i] = sum;
        }
        return result;
    }

    private static long total(double[] v) {
        double sum = 0.0;
        for (int i = 0; i < v.length; i++) {
            sum += (i % 5 + 1) * v[i];
        }
        return (long) sum;
    }

    @Override
    long benchmark() {
        return total(apply(multiply(a, b), probe));
    }

    @Override
    boolean verifyResult(long result) {
        return result == total(apply(a, apply(b, probe)));
    }

    public static void main(String[] args) {
        measure("matmul", args, MatMul::new);
    }
}
