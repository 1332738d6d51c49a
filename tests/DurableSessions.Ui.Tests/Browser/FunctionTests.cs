using Azure.Storage.Blobs;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.Tasks;
using DurableSessions.Http.Keys;
using DurableSessions.Testing;
using DurableSessions.Ui.Tests.Hosting;
using Microsoft.Playwright;

namespace DurableSessions.Ui.Tests.Browser;

/// <summary>What can be done on the pages, done in a real browser.</summary>
[Collection<FurnishedCollection>]
public sealed class FunctionTests(SimulatedFixture storage, Chromium browser)
{
    private const string Said = "a secret of the session";

    private static readonly SessionKey s_ann = new("acme", "ann", "s-ann");
    private static readonly SessionKey s_bob = new("acme", "bob", "s-bob");

    private static CancellationToken Ends => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Failed_commits_are_retried_each_by_its_user_and_all_by_an_operator_who_reads_none_of_them()
    {
        BlobContainerClient container = await storage.NewContainerAsync();
        var keys = new KeyStore(container, TimeProvider.System);
        string anns = (await keys.AddAsync(s_ann.Account, s_ann.User, Ends)).Text;
        string operators = (await keys.AddAsync(null, null, Ends)).Text;
        var faults = new FaultTransport();
        var processor = new FakeProcessor { Before = static _ => throw new IOException("The model is away.") };
        SessionOptions options = new() { Semantic = new SemanticPolicy { MaxAttempts = 1, FallBack = false } };
        await using UiHost host = await UiHost.StartAsync(
            storage, container.Name, processor: processor, options: options, faults: faults);
        string[] failed = [.. await Task.WhenAll(new[] { s_ann, s_bob }.Select(key => FailAsync(host, key)))];
        processor.Before = static _ => Task.CompletedTask;

        await using IBrowserContext context = await browser.OpenAsync(host.Address);
        IPage page = await context.NewPageAsync();
        page.Dialog += static (_, dialog) => _ = dialog.AcceptAsync();
        await page.GotoAsync("/ui");
        await page.SendKeyAsync("dsk_0123456789ab_" + new string('A', 43));
        await page.GetByText("The key is not known, or was revoked.").WaitForAsync();
        await page.SignInAsync(anns, "/ui/sessions");
        Assert.Equal(1, await page.Locator("tbody tr").CountAsync());
        foreach (string others in (string[])["/ui/sessions/s-bob", "/ui/sessions/s-bob/context", $"/ui/commits/{failed[1]}"])
        {
            Assert.Equal(404, (await page.GotoAsync(others))!.Status);
        }

        // The form of one commit, sent to another's address.
        await page.GotoAsync($"/ui/commits/{failed[0]}");
        Assert.Equal(404, await page.EvaluateAsync<int>($$"""
            fetch('/ui/commits/{{failed[1]}}/retry', {
                method: 'POST',
                body: new URLSearchParams(new FormData(document.querySelector('#actions form'))),
            }).then(response => response.status)
            """));
        await page.GetByRole(AriaRole.Button, new() { Name = "Retry" }).ClickAsync();
        await page.GetByText("Another attempt has begun.").WaitForAsync();
        await page.Locator("#facts").GetByText("completed").WaitForAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await page.GetByText("You are signed out.").WaitForAsync();

        // What is left, all at once, held at its first request until the run is stopped.
        await page.SignInAsync(operators, "/ui/commits");
        await page.GotoAsync("/ui/commits?state=failed");
        var held = new HoldsRequest();
        faults.When(r => r.Blob.Contains(failed[1], StringComparison.Ordinal), held);
        await page.GetByRole(AriaRole.Button, new() { Name = "Retry all that this filter shows" }).ClickAsync();
        await held.Arrived;
        await page.Locator("#bulk").GetByText("0 of 1 begun").WaitForAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Stop" }).ClickAsync();
        await page.GetByText("No further commit is retried; those that have begun go on.").WaitForAsync();
        await held.ReleaseAsync();
        await page.Locator("#bulk").GetByText("1 of 1 begun").WaitForAsync();
        await page.GotoAsync($"/ui/commits/{failed[1]}");
        await page.Locator("#facts").GetByText("completed").WaitForAsync();
        Assert.DoesNotContain(Said, await page.ContentAsync(), StringComparison.Ordinal);

        await page.GotoAsync("/ui/host");
        await page.GetByRole(AriaRole.Button, new() { Name = "Check storage" }).ClickAsync();
        await page.Locator("#check").GetByText("nothing is wrong").WaitForAsync();
        Assert.DoesNotContain(Said, await page.ContentAsync(), StringComparison.Ordinal);
    }

    private static async Task<string> FailAsync(UiHost host, SessionKey key)
    {
        await host.AppendAsync(key, ("user", Said));
        string id = (await host.Store.Commits.CommitAsync(key, new CommitRequest(), Ends)).Task!.TaskId;
        await host.Client.WaitForInstanceCompletionAsync(id, Ends);
        return id;
    }
}
