package io.slinfer.cli;

import io.slinfer.config.DeviceSettings;
import io.slinfer.config.EmulatedModelSettings;
import io.slinfer.config.EmulationSettings;
import io.slinfer.config.ProfileFile;
import io.slinfer.config.Settings;
import io.slinfer.config.SettingsException;
import io.slinfer.cost.DeviceKind;
import io.slinfer.cost.InstanceCosts;
import io.slinfer.engine.ModelSource;
import io.slinfer.engine.emulated.EmulatedDevice;
import io.slinfer.engine.emulated.EmulatedEngine;
import io.slinfer.engine.emulated.EmulatedModel;
import io.slinfer.engine.emulated.RealClock;
import io.slinfer.gateway.ModelCatalogue;
import io.slinfer.gateway.ModelFacts;
import io.slinfer.gateway.ModelText;
import io.slinfer.gateway.RefusedException;
import io.slinfer.gateway.ServedModel;
import io.slinfer.node.EngineFactory;
import io.slinfer.request.ModelId;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Puts emulated devices and models together from settings: profiles give them their times, the
 * bundled demo model its words. Immutable after its making; safe for any thread.
 */
final class EmulatedServing {

  /** Answers of models that have a file end after so many tokens on average. */
  private static final int ANSWER_TOKENS = 200;

  private static final double SAFETY = 1.05;

  private final ModelText text;
  private final List<DeviceSettings> devices;
  private final Map<ModelId, EmulatedModelSettings> settings = new HashMap<>();
  private final List<ServedModel> models = new ArrayList<>();

  /**
   * @throws SettingsException if the demo model cannot be read
   */
  EmulatedServing(Settings settings) {
    text = DemoText.read();
    devices = settings.devices();
    long createdSeconds = System.currentTimeMillis() / 1_000;
    for (EmulatedModelSettings group : settings.models().emulated()) {
      for (int i = 0; i < group.count(); i++) {
        String name =
            group.count() == 1
                ? group.name()
                : String.format(Locale.ROOT, "%s-%03d", group.name(), i);
        ModelId id = new ModelId(name);
        this.settings.put(id, group);
        models.add(served(id, createdSeconds, group.contextTokens()));
      }
    }
  }

  private ServedModel served(ModelId id, long createdSeconds, int contextTokens) {
    ModelSource source = new ModelSource(id, List.of(), contextTokens);
    return new ServedModel(
        id, createdSeconds, ModelFacts.EMULATED, contextTokens, source, new DemoText.Source(text));
  }

  /** The models of the settings, or where there are none, those of the files. */
  ModelCatalogue catalogue(ModelCatalogue files) {
    return settings.isEmpty() ? new Emulated(files) : new Fixed(models);
  }

  /**
   * Makes the engine of an emulated device.
   *
   * @throws SettingsException if a profile is missing or has no such device
   */
  EngineFactory engine(DeviceSettings device) {
    EmulationSettings emulation = device.emulation();
    Map<ModelId, EmulatedModel> known = new HashMap<>();
    Map<String, InstanceCosts> costs = new HashMap<>();
    settings.forEach(
        (id, group) -> {
          InstanceCosts cost = costs.computeIfAbsent(group.profile(), name -> costs(name, device));
          known.put(id, model(cost, group.contextTokens(), group.answerTokens()));
        });
    InstanceCosts usual = costs.computeIfAbsent(emulation.model(), name -> costs(name, device));
    EmulatedDevice stand =
        new EmulatedDevice(
            emulation.profile(), emulation.memoryBytes(), emulation.times(), emulation.speed());
    return (listener, owner) ->
        new EmulatedEngine(
            stand,
            source ->
                known.getOrDefault(
                    source.model(), model(usual, source.maxContextTokens(), ANSWER_TOKENS)),
            new RealClock(owner),
            listener);
  }

  /** What a model costs on each kind of emulated device. */
  Future<Map<DeviceKind, InstanceCosts>> costs(ModelSource source) {
    Map<DeviceKind, InstanceCosts> costs = new EnumMap<>(DeviceKind.class);
    EmulatedModelSettings group = settings.get(source.model());
    for (DeviceSettings device : devices) {
      EmulationSettings emulation = device.emulation();
      String profile = group == null ? emulation.model() : group.profile();
      costs.computeIfAbsent(
          emulation.kind(), kind -> scaled(costs(profile, device), emulation.speed()));
    }
    return Future.succeededFuture(costs);
  }

  /** The same, so many times as fast. */
  private static InstanceCosts scaled(InstanceCosts costs, double speed) {
    return new InstanceCosts(
        costs.shape(),
        costs.latency(),
        SAFETY / speed,
        costs.exclusiveBatchLimit(),
        costs.halfShareBatchLimit());
  }

  private EmulatedModel model(InstanceCosts costs, int contextTokens, int answerTokens) {
    return new EmulatedModel(
        costs.shape(), costs.latency(), contextTokens, DemoText.words(text, answerTokens));
  }

  private static InstanceCosts costs(String profile, DeviceSettings device) {
    try {
      return ProfileFile.named(profile).costs(device.emulation().profile(), 1);
    } catch (SettingsException | IllegalArgumentException unusable) {
      throw new SettingsException("devices." + device.id() + ": " + unusable.getMessage());
    }
  }

  /** A catalogue that does not change. */
  private record Fixed(List<ServedModel> models) implements ModelCatalogue {

    @Override
    public Optional<ServedModel> find(ModelId id) {
      return models.stream().filter(model -> model.id().equals(id)).findFirst();
    }
  }

  /** The models of a catalogue, their weights and words left out. */
  private final class Emulated implements ModelCatalogue {

    private final ModelCatalogue files;

    Emulated(ModelCatalogue files) {
      this.files = files;
    }

    @Override
    public List<ServedModel> models() {
      return files.models().stream().map(this::emulated).toList();
    }

    @Override
    public Optional<ServedModel> find(ModelId id) {
      return files.find(id).map(this::emulated);
    }

    @Override
    public List<ModelId> add(Path path) throws RefusedException {
      return files.add(path);
    }

    @Override
    public Map<Path, String> refused() {
      return files.refused();
    }

    private ServedModel emulated(ServedModel model) {
      return served(model.id(), model.createdSeconds(), model.contextTokens());
    }
  }
}
