namespace DurableSessions.Testing;

/// <summary>The repository that the tests were built in.</summary>
internal static class Repository
{
    /// <summary>Its top folder: the one with the solution. Tests run where they were built, within the repository.</summary>
    /// <exception cref="DirectoryNotFoundException">No folder above the tests has the solution.</exception>
    public static string Root { get; } = Find();

    /// <summary>The full path of a file of the repository.</summary>
    /// <param name="path">The path below <see cref="Root"/>, with <c>/</c>.</param>
    public static string PathOf(string path) => Path.Combine(Root, path);

    private static string Find()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "DurableSessions.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new DirectoryNotFoundException($"No solution above {AppContext.BaseDirectory}");
    }
}
