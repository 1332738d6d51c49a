using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.CompilerServices;
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

    [Fact]
    public async Task No_orchestrator_does_what_a_replay_does_otherwise() => Assert.Empty(await AnalyzeAsync());

    [Fact]
    public async Task An_orchestrator_that_reads_the_clock_and_draws_an_id_is_seen() => Assert.Equal(
        ["DURABLE0001", "DURABLE0002"],
        (await AnalyzeAsync(Bad)).Select(static found => found.Id).Distinct().Order());

    private static async Task<IReadOnlyList<Diagnostic>> AnalyzeAsync(params string[] more)
    {
        IEnumerable<string> sources = ((string[])["DurableSessions.Orchestration", "DurableSessions.Core"])
            .SelectMany(static project => Directory.EnumerateFiles(Path.Combine(Sources(), project), "*.cs", SearchOption.AllDirectories))
            .Where(static file => !file.Contains(
                $"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Select(static file => File.ReadAllText(file)
                .Replace("DurableSessions.Orchestration", "Microsoft.DurableTask", StringComparison.Ordinal)
                .Replace("OrchestrationContext", "TaskOrchestrationContext", StringComparison.Ordinal));
        var compilation = CSharpCompilation.Create(
            "orchestrators",
            [.. sources.Append(Usings).Concat(more).Select(static text => CSharpSyntaxTree.ParseText(text))],
            ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
                .Where(static file => !Path.GetFileName(file).StartsWith("Microsoft.DurableTask", StringComparison.Ordinal)
                    && !Path.GetFileName(file).StartsWith("DurableSessions.", StringComparison.Ordinal))
                .Select(static file => MetadataReference.CreateFromFile(file)));
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
