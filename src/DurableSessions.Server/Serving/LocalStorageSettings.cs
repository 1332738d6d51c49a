using DurableSessions.Core.Configuration;

namespace DurableSessions.Server.Serving;

/// <summary>What the section <c>Storage</c> says of local storage, besides <see cref="StorageSettings"/>.</summary>
internal sealed class LocalStorageSettings
{
    /// <summary>Where local storage keeps its data; null for <c>.data/azurite</c> in the repository.</summary>
    public string? Folder { get; set; }
}
