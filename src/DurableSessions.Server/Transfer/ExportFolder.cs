using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using DurableSessions.Core.Identities;
using DurableSessions.Server.Clients;

namespace DurableSessions.Server.Transfer;

/// <summary>Whose data an export has.</summary>
/// <param name="What">The user, or one session of it.</param>
/// <param name="Account">The user's account.</param>
/// <param name="Server">The server, as the client was given it.</param>
internal sealed record ExportOrigin(string What, string Account, Uri Server)
{
    public override string ToString() => $"{What} in account {Account} of {Server}";
}

/// <summary>
/// The folder of an export: each file is there whole or not at all. A mark says whose data it has; a folder with other content, or of
/// another export, is not written to.
/// </summary>
internal sealed class ExportFolder
{
    private const string Mark = ".export.json";
    private const string Unfinished = ".unfinished";

    private readonly string _root;
    private readonly ExportOrigin _origin;

    private ExportFolder(string root, ExportOrigin origin)
    {
        _root = root;
        _origin = origin;
    }

    /// <param name="path">The folder; it is made where it is missing.</param>
    /// <param name="origin">What is exported, and of whom: an export goes on in its own folder alone.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ClientException">It has other content, another export, or one that does not say of which server it is.</exception>
    public static async Task<ExportFolder> OpenAsync(string path, ExportOrigin origin, CancellationToken cancellationToken)
    {
        var folder = new ExportFolder(Path.GetFullPath(path), origin);
        string mark = Path.Combine(folder._root, Mark);
        if (File.Exists(mark))
        {
            JsonObject? known = await MarkAsync(mark, cancellationToken);
            string found = $"{known?["export"]} in account {known?["account"]} of {known?["server"]}";
            if (found != origin.ToString())
            {
                throw new ClientException(known?["server"] is null
                    ? $"{path} has an export that does not say of which server it is; name another folder."
                    : $"{path} has another export, {found}, and this one is {origin}; name another folder.");
            }
        }
        else if (Directory.Exists(folder._root) && Directory.EnumerateFileSystemEntries(folder._root).Any())
        {
            throw new ClientException($"{path} has other content; name an empty folder, or none that is there.");
        }

        await folder.MarkAsync(isComplete: false, cancellationToken);
        return folder;
    }

    /// <summary>Says of the folder whether all of the export is in it: from here on, or until it is written to again.</summary>
    public Task MarkAsync(bool isComplete, CancellationToken cancellationToken)
    {
        var mark = new JsonObject
        {
            ["export"] = _origin.What,
            ["account"] = _origin.Account,
            ["server"] = _origin.Server.ToString(),
            ["complete"] = isComplete,
        };
        return WriteAsync(Mark, mark.ToJsonString(Json.Line), cancellationToken);
    }

    /// <summary>Whether a folder, or one that it is in, is of an export that was cut off.</summary>
    public static async Task<bool> IsCutAsync(string path, CancellationToken cancellationToken)
    {
        for (string? above = Path.GetFullPath(path); above is not null; above = Path.GetDirectoryName(above))
        {
            string mark = Path.Combine(above, Mark);
            if (File.Exists(mark))
            {
                return (await MarkAsync(mark, cancellationToken))?["complete"]?.ToString() != "true";
            }
        }

        return false;
    }

    private static async Task<JsonObject?> MarkAsync(string mark, CancellationToken cancellationToken)
    {
        try
        {
            return JsonNode.Parse(await File.ReadAllTextAsync(mark, cancellationToken)) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public bool Has(string place) => File.Exists(PathOf(place));

    /// <summary>Whether a file is there with this text.</summary>
    public async Task<bool> HasAsync(string place, string text, CancellationToken cancellationToken) =>
        Has(place) && await File.ReadAllTextAsync(PathOf(place), cancellationToken) == text;

    /// <summary>Lines of a file that is there.</summary>
    public StreamReader Read(string place) => new(PathOf(place));

    /// <summary>Deletes the archives of a session beyond one of them.</summary>
    public void DeleteArchives(string place, int beyond)
    {
        string history = PathOf($"{place}/{SourceFolder.History}");
        if (Directory.Exists(history))
        {
            foreach (string archive in Directory.GetDirectories(history).Where(a => SourceFolder.NumberOf(Path.GetFileName(a)) > beyond))
            {
                Directory.Delete(archive, recursive: true);
            }
        }
    }

    /// <summary>The places of sessions, and of memories.</summary>
    public (IEnumerable<string> Sessions, IEnumerable<string> Memories) Find(TransferReport report)
    {
        return (
            Roots("sessions").SelectMany(Directory.EnumerateDirectories).Where(IsFolder).Select(PlaceOf).Order(StringComparer.Ordinal),
            Roots(SourceFolder.Memories, "peers")
                .SelectMany(path => FolderWalk.Below(path, report, ".md"))
                .Where(static entry => entry is FileInfo { Extension: ".md" })
                .Select(entry => PlaceOf(entry.FullName)));

        IEnumerable<string> Roots(params string[] names) =>
            names.Select(name => Path.Combine(_root, name)).Where(Directory.Exists).Where(IsFolder);

        bool IsFolder(string path)
        {
            bool isFolder = FolderWalk.IsFolder(path);
            if (!isFolder)
            {
                report.Problem(path, 0, FolderWalk.WhyNot);
            }

            return isFolder;
        }
    }

    private string PlaceOf(string path) => Path.GetRelativePath(_root, path).Replace(Path.DirectorySeparatorChar, '/');

    public void Delete(string place) => File.Delete(PathOf(place));

    public async Task WriteAsync(string place, string text, CancellationToken cancellationToken)
    {
        await using ExportFile file = Create(place);
        await file.Writer.WriteAsync(text.AsMemory(), cancellationToken);
        await file.CompleteAsync(cancellationToken);
    }

    /// <summary>A file that is there once it is complete.</summary>
    public ExportFile Create(string place)
    {
        string path = PathOf(place);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return new ExportFile(path, PathOf(place + Unfinished));
    }

    // A link on the way leads out of the folder, or to another place in it.
    private string PathOf(string place)
    {
        string path = _root;
        foreach (string name in place.Split('/'))
        {
            path = Path.Combine(path, name);
            if (new FileInfo(path).LinkTarget is not null)
            {
                throw new ClientException($"{path}: {FolderWalk.WhyNot}.");
            }
        }

        return path;
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
