using DurableSessions.Testing;

namespace DurableSessions.Core.Tests;

/// <summary>The lines of all source, of the products and of the tests.</summary>
public class LineTests
{
    private const int Longest = 140;
    private const int MostOfAdapters = 700;

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

    [Fact]
    public void The_adapters_of_Durable_Task_and_of_Functions_have_less_than_700_of_code()
    {
        string[] files =
        [
            .. ((string[])["DurableTask", "Functions"])
                .SelectMany(static project => Directory.GetFiles(Repository.PathOf($"src/DurableSessions.{project}"), "*.cs")),
        ];
        int lines = files.SelectMany(File.ReadLines).Select(static line => line.Trim())
            .Count(static line => line.Length > 0 && !line.StartsWith("//", StringComparison.Ordinal));

        Assert.Contains(files, static file => Path.GetFileName(file) == "DurableContext.cs");
        Assert.Contains(files, static file => Path.GetFileName(file) == "Activities.cs");
        Assert.InRange(lines, 1, MostOfAdapters - 1);
    }

    private static bool IsGenerated(string file) => file.Split(Path.DirectorySeparatorChar).Any(static folder => folder is "bin" or "obj");
}
