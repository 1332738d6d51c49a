namespace DurableSessions.Ui;

/// <summary>Where the pages are.</summary>
internal static class UiPaths
{
    public const string Root = "/ui";

    /// <summary>
    /// Whether an address leads to a page of this host: a path below <see cref="Root"/> without anything that a browser reads as another
    /// host, and with nothing that a header cannot have.
    /// </summary>
    public static bool IsLocal(string? address) =>
        address is not null
        && (address == Root || address.StartsWith(Root + "/", StringComparison.Ordinal)
            || address.StartsWith(Root + "?", StringComparison.Ordinal))
        && !address.Contains('\\', StringComparison.Ordinal)
        && !address.Contains("//", StringComparison.Ordinal)
        && address.All(static c => char.IsAscii(c) && !char.IsControl(c))
        && address.Length <= 2_048;
}
