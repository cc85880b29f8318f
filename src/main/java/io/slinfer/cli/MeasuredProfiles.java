package io.slinfer.cli;

import io.slinfer.config.ProfileFile;
import io.slinfer.config.ProfileSettings;
import io.slinfer.config.SettingsException;
import io.slinfer.cost.LatencyProfile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The profiles that {@code slinfer profile} or a server has measured here, under the state
 * directory: one file a model, by a fingerprint of its file's head and size, with one device a
 * machine, kind of kernels and number of threads. Any thread; reads files.
 *
 * @param folder of the files
 */
record MeasuredProfiles(Path folder) {

  private static final Logger LOG = LoggerFactory.getLogger(MeasuredProfiles.class);

  /** Metadata and the table of tensors lie in a file's head; what follows is weights. */
  private static final int HEAD_BYTES = 4 << 20;

  private static final int FINGERPRINT_DIGITS = 32;

  /** Longer sequences than any model here takes. */
  private static final int LONGEST_TOKENS = 1 << 20;

  /** Those of this user. */
  static MeasuredProfiles usual() {
    return new MeasuredProfiles(ProfileSettings.usualDirectory());
  }

  /** Where the profile of a model is, or would be. */
  Path file(Path model) throws IOException {
    return folder.resolve(fingerprint(model) + ".yaml");
  }

  /** What was measured of a model on such a device; empty if nothing usable was. */
  Optional<LatencyProfile> find(Path model, String device) throws IOException {
    Path file = file(model);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      ProfileFile profile = ProfileFile.read(file);
      return profile.devices().containsKey(device)
          ? Optional.of(profile.costs(device, 1).latency().drawnOutTo(LONGEST_TOKENS))
          : Optional.empty();
    } catch (SettingsException | IllegalArgumentException unusable) {
      LOG.warn("a measured profile is left aside: {}", unusable.getMessage());
      return Optional.empty();
    }
  }

  /**
   * Keeps what was measured of a model on a device, beside what is known of others.
   *
   * @param by who measured, for people
   */
  void keep(Path model, String device, MeasuredModel measured, String by) throws IOException {
    Path file = file(model);
    ProfileFile profile = null;
    if (Files.exists(file)) {
      try {
        profile = ProfileFile.read(file).with(device, measured.latency());
      } catch (SettingsException damaged) {
        LOG.warn("a measured profile is replaced: {}", damaged.getMessage());
      }
    }
    if (profile == null) {
      profile = measured.file(device);
    }
    profile.write(file, comment(measured.name(), by));
  }

  /** The head of a profile file. */
  static List<String> comment(String model, String by) {
    return List.of(
        "Latency profile of %s: milliseconds, measured by %s.".formatted(model, by),
        "prefill: [prompt tokens, ms]; decode: length, then [batch, ms] of one iteration.");
  }

  private static String fingerprint(Path model) throws IOException {
    try (InputStream in = Files.newInputStream(model)) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(in.readNBytes(HEAD_BYTES));
      digest.update(
          Long.toString(Files.size(model)).getBytes(java.nio.charset.StandardCharsets.US_ASCII));
      return HexFormat.of().formatHex(digest.digest()).substring(0, FINGERPRINT_DIGITS);
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}
