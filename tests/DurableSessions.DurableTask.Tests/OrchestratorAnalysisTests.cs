using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.CompilerServices;
using DurableSessions.Core.Commits;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;

namespace DurableSessions.DurableTask.Tests;

/// <summary>
/// Durable Task's analyzers on the product's orchestrators. They know orchestrators by the interface of Durable Task, and the port's have
/// its shape: here they are compiled with the names of the port put in its place.
/// </summary>
public sealed class OrchestratorAnalysisTests
{
    private const string Bad = """
        namespace Microsoft.DurableTask;
        internal sealed class Bad : TaskOrchestrator<int, string>
        {
            public override Task<string> RunAsync(TaskOrchestrationContext context, int input) => Task.FromResult(Now());
            private static string Now() => $"{System.DateTime.UtcNow} {System.Guid.NewGuid()}";
        }
        """;

    // What generators write, which do not run here: the body of a partial method, a validator's.
    private static readonly string[] s_generated = ["CS8795", "CS0535"];

    [Fact]
    public async Task No_orchestrator_does_what_a_replay_does_otherwise() => Assert.Empty(await AnalyzeAsync(OurText()));

    [Fact]
    public async Task An_orchestrator_of_ours_that_read_the_clock_would_be_seen()
    {
        Dictionary<string, string> ours = OurText();
        string commit = ours.Keys.Single(static file => Path.GetFileName(file) == $"{nameof(CommitOrchestrator)}.cs");
        string text = ours[commit];
        ours[commit] = text.Replace("began = context.CurrentUtcDateTime;", "began = DateTime.UtcNow;", StringComparison.Ordinal);
        Assert.NotEqual(text, ours[commit]);

        Diagnostic found = Assert.Single(await AnalyzeAsync(ours));
        Assert.Equal("DURABLE0001", found.Id);
        Assert.Equal(commit, found.Location.SourceTree!.FilePath);
    }

    [Fact]
    public async Task An_orchestrator_that_reads_the_clock_and_draws_an_id_is_seen() => Assert.Equal(
        ["DURABLE0001", "DURABLE0002"],
        (await AnalyzeAsync(new(OurText()) { ["Bad.cs"] = Bad })).Select(static found => found.Id).Distinct().Order());

    // By file.
    private static Dictionary<string, string> OurText() => ((string[])["DurableSessions.Orchestration", "DurableSessions.Core"])
        .SelectMany(static project => Directory.EnumerateFiles(Path.Combine(Sources(), project), "*.cs", SearchOption.AllDirectories))
        .Where(static file => !file.Contains(
            $"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
        .ToDictionary(static file => file, static file => File.ReadAllText(file)
            .Replace("DurableSessions.Orchestration", "Microsoft.DurableTask", StringComparison.Ordinal)
            .Replace(": Orchestration.", ": Microsoft.DurableTask.", StringComparison.Ordinal)
            .Replace("OrchestrationContext", "TaskOrchestrationContext", StringComparison.Ordinal));

    private static async Task<IReadOnlyList<Diagnostic>> AnalyzeAsync(Dictionary<string, string> sources)
    {
        var compilation = CSharpCompilation.Create(
            "orchestrators",
            [
                CSharpSyntaxTree.ParseText(Usings),
                .. sources.Select(static source => CSharpSyntaxTree.ParseText(source.Value, path: source.Key)),
            ],
            ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
                .Where(static file => !Path.GetFileName(file).StartsWith("Microsoft.DurableTask", StringComparison.Ordinal)
                    && !Path.GetFileName(file).StartsWith("DurableSessions.", StringComparison.Ordinal)

                    // Of the provider of Azure Storage: it has .NET's own names again.
                    && Path.GetFileName(file) != "System.Linq.Async.dll")
                .Select(static file => MetadataReference.CreateFromFile(file)),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));

        // A type that does not resolve is no orchestrator to the analyzers.
        Assert.Empty(compilation.GetDiagnostics()
            .Where(static one => one.Severity == DiagnosticSeverity.Error && !s_generated.Contains(one.Id)));
        ImmutableArray<DiagnosticAnalyzer> analyzers =
        [
            .. Assembly.LoadFrom(Path.Combine(AppContext.BaseDirectory, "analyzers", "Microsoft.DurableTask.Analyzers.dll")).GetTypes()
                .Where(static type => type.IsSubclassOf(typeof(DiagnosticAnalyzer)) && !type.IsAbstract)
                .Select(static type => (DiagnosticAnalyzer)Activator.CreateInstance(type)!),
        ];
        ImmutableArray<Diagnostic> found = await compilation.WithAnalyzers(analyzers).GetAnalyzerDiagnosticsAsync();
        return [.. found.Where(static one => one.Severity >= DiagnosticSeverity.Warning)];
    }

    private const string Usings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    private static string Sources([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "src"));
}
