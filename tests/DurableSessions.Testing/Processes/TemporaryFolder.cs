namespace DurableSessions.Testing;

/// <summary>A folder of one test, deleted at its end.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("durable-sessions-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
