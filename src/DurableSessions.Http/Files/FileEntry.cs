namespace DurableSessions.Http.Files;

/// <summary>A file or a folder in a listing.</summary>
/// <param name="RelativePath">From the folder that is listed.</param>
/// <param name="Uri">Its full URI.</param>
/// <param name="IsFolder">Whether it is a folder.</param>
/// <param name="ModifiedAt">When it changed last; <see langword="null"/>: that is not known.</param>
/// <param name="Abstract">Its line; empty where it has none.</param>
internal sealed record FileEntry(string RelativePath, string Uri, bool IsFolder, DateTimeOffset? ModifiedAt = null, string Abstract = "")
{
    /// <summary>The last segment of its path.</summary>
    public string Name => RelativePath[(RelativePath.LastIndexOf('/') + 1)..];
}
