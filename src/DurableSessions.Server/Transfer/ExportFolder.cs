using System.Text;
using System.Text.Json.Nodes;
using DurableSessions.Core.Identities;
using DurableSessions.Server.Clients;

namespace DurableSessions.Server.Transfer;

/// <summary>
/// The folder of an export: each file is there whole or not at all. A mark says whose data it has; a folder with other content, or of
/// another export, is not written to.
/// </summary>
internal sealed class ExportFolder
{
    private const string Mark = ".export.json";
    private const string Unfinished = ".unfinished";

    private readonly string _root;

    private ExportFolder(string root) => _root = root;

    /// <param name="path">The folder; it is made where it is missing.</param>
    /// <param name="what">What is exported, and of whom: an export goes on in its own folder alone.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ClientException">The folder has other content.</exception>
    public static async Task<ExportFolder> OpenAsync(string path, string what, CancellationToken cancellationToken)
    {
        var folder = new ExportFolder(Path.GetFullPath(path));
        string mark = Path.Combine(folder._root, Mark);
        if (File.Exists(mark))
        {
            string known = await File.ReadAllTextAsync(mark, cancellationToken);
            return JsonNode.Parse(known)?["export"]?.ToString() == what
                ? folder
                : throw new ClientException($"{path} has another export; name another folder.");
        }

        if (Directory.Exists(folder._root) && Directory.EnumerateFileSystemEntries(folder._root).Any())
        {
            throw new ClientException($"{path} has other content; name an empty folder, or none that is there.");
        }

        await folder.WriteAsync(Mark, new JsonObject { ["export"] = what }.ToJsonString(Json.Line), cancellationToken);
        return folder;
    }

    public bool Has(string place) => File.Exists(Path.Combine(_root, place));

    /// <summary>Lines of a file that is there.</summary>
    public StreamReader Read(string place) => new(Path.Combine(_root, place));

    public void Delete(string place) => File.Delete(Path.Combine(_root, place));

    public async Task WriteAsync(string place, string text, CancellationToken cancellationToken)
    {
        await using ExportFile file = Create(place);
        await file.Writer.WriteAsync(text.AsMemory(), cancellationToken);
        await file.CompleteAsync(cancellationToken);
    }

    /// <summary>A file that is there once it is complete.</summary>
    public ExportFile Create(string place)
    {
        string path = Path.Combine(_root, place);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return new ExportFile(path, path + Unfinished);
    }

    /// <summary>A name of the server as one of a file.</summary>
    /// <exception cref="ClientException">It is none: a server that leads out of the folder.</exception>
    public static string Name(string name) =>
        SessionKey.IsValidId(name) ? name : throw new ClientException($"The server names '{name}', which is no id.");
}

/// <summary>A file that is written under another name, and renamed when it is complete.</summary>
internal sealed class ExportFile(string path, string unfinished) : IAsyncDisposable
{
    public StreamWriter Writer { get; } = new(unfinished, append: false, new UTF8Encoding(false)) { NewLine = "\n" };

    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        await Writer.FlushAsync(cancellationToken);
        RandomAccess.FlushToDisk(((FileStream)Writer.BaseStream).SafeFileHandle);
        await Writer.DisposeAsync();
        File.Move(unfinished, path, overwrite: true);
    }

    public async ValueTask DisposeAsync()
    {
        await Writer.DisposeAsync();
        File.Delete(unfinished);
    }
}
