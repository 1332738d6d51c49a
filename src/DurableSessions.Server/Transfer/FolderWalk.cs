namespace DurableSessions.Server.Transfer;

/// <summary>Files and folders below one, and nothing else: symbolic links are not followed, so that a walk ends and stays below.</summary>
internal static class FolderWalk
{
    /// <summary>Why a link was not taken.</summary>
    public const string WhyNot = "it is a symbolic link, which is not followed";

    /// <summary>Whether a file is there, and is no link.</summary>
    public static bool IsFile(string path) => new FileInfo(path) is { Exists: true, LinkTarget: null };

    /// <summary>Whether a folder is there, and is no link.</summary>
    public static bool IsFolder(string path) => new DirectoryInfo(path) is { Exists: true, LinkTarget: null };

    /// <summary>All below a folder, which is followed itself where it is a link, in the order of their paths.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="report">Gets each link that is passed over, of files only those that the walk is for.</param>
    /// <param name="ending">How the names of those files end.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public static IEnumerable<FileSystemInfo> Below(string folder, TransferReport report, string ending = "")
    {
        var found = new List<FileSystemInfo>();
        var left = new Stack<DirectoryInfo>([new DirectoryInfo(folder)]);
        while (left.TryPop(out DirectoryInfo? next))
        {
            foreach (FileSystemInfo entry in next.EnumerateFileSystemInfos())
            {
                bool isFolder = entry is DirectoryInfo;
                if (entry.LinkTarget is null)
                {
                    found.Add(entry);
                    if (isFolder)
                    {
                        left.Push((DirectoryInfo)entry);
                    }
                }
                else if (isFolder || entry.Name.EndsWith(ending, StringComparison.Ordinal))
                {
                    report.Problem(entry.FullName, 0, WhyNot);
                }
            }
        }

        return found.OrderBy(static entry => entry.FullName, StringComparer.Ordinal);
    }
}
