using DurableSessions.Testing;

namespace DurableSessions.Core.Tests;

/// <summary>The lines of all source, of the products and of the tests.</summary>
public class LineTests
{
    private const int Longest = 140;

    [Fact]
    public void None_has_more_than_140_characters()
    {
        string root = Repository.Root;
        string[] files =
        [
            .. Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(root, file))
                .Where(static file => !IsGenerated(file)),
        ];
        string[] tooLong =
        [
            .. from file in files
               from line in File.ReadLines(Path.Combine(root, file)).Index()
               where line.Item.Length > Longest
               select $"{file}:{line.Index + 1} has {line.Item.Length}",
        ];

        Assert.Contains(files, static file => Path.GetFileName(file) == $"{nameof(LineTests)}.cs");
        Assert.Contains(files, static file => Path.GetFileName(file) == $"{nameof(SessionStore)}.cs");
        Assert.True(tooLong.Length == 0, string.Join(Environment.NewLine, tooLong));
    }

    private static bool IsGenerated(string file) => file.Split(Path.DirectorySeparatorChar).Any(static folder => folder is "bin" or "obj");
}
