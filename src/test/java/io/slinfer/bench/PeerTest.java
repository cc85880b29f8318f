package io.slinfer.bench;

/** A speed that both sides measure; {@code floor} is the ratio that must be reached. */
enum PeerTest {
  DECODE("decode, batch 1 (tg64)", 0.9),
  PREFILL("prefill, 512 tokens (pp512)", 0.9),
  BATCH_16("decode, batch 16 at depth 128, all together", 1.2),
  DEPTH_3500("decode, batch 1 at depth 3500", 1.2);

  final String title;
  final double floor;

  PeerTest(String title, double floor) {
    this.title = title;
    this.floor = floor;
  }

  String[] ours() {
    return switch (this) {
      case DECODE -> new String[] {"--prompt", "0", "--gen", "64"};
      case PREFILL -> new String[] {"--prompt", "512", "--gen", "0"};
      case BATCH_16 ->
          new String[] {"--prompt", "0", "--gen", "32", "--batch", "16", "--depth", "128"};
      case DEPTH_3500 -> new String[] {"--prompt", "0", "--gen", "32", "--depth", "3500"};
    };
  }

  String[] theirs() {
    return switch (this) {
      case DECODE -> new String[] {"-p", "0", "-n", "64"};
      case PREFILL -> new String[] {"-p", "512", "-n", "0"};
      case BATCH_16 ->
          new String[] {"-npp", "128", "-ntg", "32", "-npl", "16", "-c", "2816", "-b", "2048"};
      case DEPTH_3500 -> new String[] {"-p", "0", "-n", "32", "-d", "3500"};
    };
  }
}
