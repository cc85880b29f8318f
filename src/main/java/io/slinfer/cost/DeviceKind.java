package io.slinfer.cost;

/** The two kinds of device: a GPU's memory moves between models, a CPU holds every model. */
public enum DeviceKind {
  CPU,
  GPU
}
