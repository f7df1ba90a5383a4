// SPDX-License-Identifier: Apache-2.0
/** Busy SECONDS: says "ready" once its method has been compiled, and goes on calling it. */
public class Busy {
    static long inner(int count) {
        long sum = 0;
        for (int i = 0; i < count; i++) sum += (long) Math.sqrt(i) * 31 % 7;
        return sum;
    }

    static long outer(int count) {
        return inner(count) + 1;
    }

    public static void main(String[] arguments) {
        long begin = System.currentTimeMillis();
        long total = 0;
        boolean told = false;
        while (System.currentTimeMillis() < begin + 1000 * Long.parseLong(arguments[0])) {
            total += outer(5000);
            if (!told && System.currentTimeMillis() > begin + 1000) {
                System.out.println("ready");
                told = true;
            }
        }
        System.exit(total > 0 ? 0 : 1);
    }
}
