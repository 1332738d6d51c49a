namespace DurableSessions.Core.Configuration;

/// <summary>All sections of a host's settings together; validated as options are, when a host starts.</summary>
internal sealed class KnownSettings;
