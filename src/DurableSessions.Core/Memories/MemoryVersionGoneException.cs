namespace DurableSessions.Core.Memories;

/// <summary>A version that a catalogue names is gone: the catalogue is an old one, or storage was damaged.</summary>
internal sealed class MemoryVersionGoneException(MemoryInfo info)
    : Exception($"Version {info.Version} of memory '{info.Key}' is gone.");
